from remit.plan.categories import categories, counted, criteria, in_text, label, levels

LEAF = {"parameter": "UACR", "fall_percent": 30}


def of(**written):
    return categories({"categories": written})


def codes(known):
    return [category["code"] for category in known]


def test_a_criterion_alone_is_a_response_and_what_meets_none_comes_last():
    known = of(R=LEAF)
    assert codes(known) == ["R", "NR"]
    assert [category["response"] for category in known] == [True, False]
    assert label(known[0], "en") == "Response (R)"
    assert label(known[1], "zh") == "无应答 (NR)"


def test_a_definition_names_what_meets_none_and_what_is_worse():
    written = {"PR": {"when": LEAF}, "SD": {}, "PD": {"when": LEAF}}
    known = of(**written)
    assert [category["response"] for category in known] == [True, False, False]
    assert list(criteria({"categories": written})) == ["PR", "PD"]
    assert levels(known, ["PR", "PD"]) == {"PR": 1, "SD": 0, "PD": -1}


def test_a_category_above_what_meets_none_need_not_be_a_response():
    known = of(CR=LEAF, MR={"when": LEAF, "response": False}, NR={})
    assert counted(known) == {"CR": ["CR"], "MR": ["MR"], "NR": ["NR"]}


def test_all_responses_are_counted_together_where_there_are_several():
    known = of(CR=LEAF, PR=LEAF)
    assert counted(known) == {"CR": ["CR"], "PR": ["PR"], "CR+PR": ["CR", "PR"], "NR": ["NR"]}


def test_a_label_keeps_the_capitals_of_an_abbreviation_within_a_sentence():
    good, low = of(G={"label": {"en": "EULAR good response"}, "when": LEAF}, LOW=LEAF)[:2]
    assert in_text(good, "en") == "EULAR good response"
    assert in_text(of(R=LEAF)[0], "en") == "response"
    assert label(low, "zh") == "LOW"
