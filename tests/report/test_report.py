"""What the report says, and that it stands alone."""

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from remit.plan import resources
from remit.plan.definitions import EVIDENCE, PHRASES
from remit.report.methods import in_words
from remit.report.trace import trace
from remit.words.labels import Labels, labels, labels_in, message
from tests.figures import frames
from tests.report.conftest import HOSTILE

Answer = Callable[..., tuple[list[tuple[Any, ...]], dict[str, list[int]]]]


def plain(markup: str) -> str:
    return re.sub("<[^>]*>", "", markup)


def told(content: dict[str, Any], begins: str) -> str:
    return next(plain(s) for s in content["results"] if plain(s).startswith(begins))


def data_of(page: str) -> dict[str, Any]:
    found = re.search('(?s)<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    return dict(json.loads(found[1]))


class TestResults:
    def test_counts_the_cohort(self, content: dict[str, Any]) -> None:
        assert told(content, "10 patients were enrolled; 10 received treatment").endswith(
            "7 form the efficacy set, treated for 4 to 9 months (median 6)."
        )

    def test_tells_direction_and_the_visits_that_differ(self, content: dict[str, Any]) -> None:
        assert "was below baseline at every visit" in told(content, "SLEDAI-2K")

    def test_says_when_nothing_differs(self, content: dict[str, Any]) -> None:
        assert "(P ≥ 0.05 throughout)" in told(content, "Serum albumin")

    def test_names_the_first_visit_of_complete_remission(self, content: dict[str, Any]) -> None:
        assert told(content, "Complete") == (
            "Complete remission was reached by 1/7 (14.29%), first at month 8."
        )

    def test_counts_adverse_events_by_patients(self, content: dict[str, Any]) -> None:
        sentence = told(content, "Adverse events")
        assert "in 2/10 (20.00%)" in sentence
        assert "no patient died and no event was serious" in sentence


class TestTrace:
    @pytest.fixture
    def answer(self, dictionaries: dict[str, pl.DataFrame], config: dict[str, Any]) -> Answer:
        plan = {**config, "statistics": frames.plan()}
        data = frames.analysis() | frames.harmonized()
        return lambda *queries: trace(queries, data, plan, dictionaries)

    def test_pairs_are_the_patients_with_both_values(self, answer: Answer) -> None:
        found, _ = answer("paired?PARAMCD=UPCR&AVISIT=Month%203&statistic=n")
        # LN-05 has no value at month 3.
        assert len(found) == 2 * 6
        assert {r[0] for r in found} == {f"LN-0{i}" for i in (1, 2, 3, 4, 6, 7)}
        assert {r[2] for r in found} == {"Baseline", "Month 3"}

    def test_every_record_names_value_line_and_hash(self, answer: Answer) -> None:
        found, _ = answer("paired?PARAMCD=UPCR&AVISIT=Month%208&statistic=n")
        line = "Urine protein/creatinine ratio 2021-02-10: 0.42 g/g{creat} × 1 = 0.42 g/g{creat}"
        last = ("0.42 g/g", line, "west_lab/2020-07.csv", 10, "0" * 12)
        assert [r[4:9] for r in found if (r[0], r[2]) == ("LN-03", "Month 8")] == [last]

    def test_a_response_is_found_with_its_baseline(self, answer: Answer) -> None:
        at = "definition=cn19&AVISIT=Month%208&rule=observed&category=CR"
        found, _ = answer(f"response?{at}&statistic=count")
        assert [(r[0], r[2]) for r in found] == [("LN-03", "Baseline"), ("LN-03", "Month 8")]

    def test_adverse_events_are_found_by_term(self, answer: Answer) -> None:
        term = "soc=Injury&term=Infusion%20related%20reaction"
        found, _ = answer(f"safety?category=pt&{term}&statistic=count")
        assert [r[0] for r in found] == ["LN-09"]

    def test_a_record_behind_two_numbers_is_kept_once(self, answer: Answer) -> None:
        months = [f"paired?PARAMCD=UPCR&AVISIT=Month%20{k}&statistic=n" for k in (1, 2)]
        found, _ = answer(*months)
        assert len(found) == len(set(found))

    def test_a_derived_last_visit_stands_in_a_fixed_place_beside_its_original(
        self, answer: Answer
    ) -> None:
        visits = ("End%20of%20follow-up", "Month%204")
        found, _ = answer(*(f"paired?PARAMCD=UPCR&AVISIT={visit}&statistic=n" for visit in visits))
        assert [r[2] for r in found if r[0] == "LN-07"] == [
            "Baseline",
            "End of follow-up",
            "Month 4",
        ]

    def test_every_button_of_the_page_finds_its_records(self, page: str) -> None:
        positions = data_of(page)["trace"]["positions"]
        asked = {a.replace("&amp;", "&") for a in re.findall('data-records="([^"]*)"', page)}
        assert asked
        assert all(positions[query] for query in asked)


class TestPage:
    def test_the_note_of_the_study_comes_first(self, page: str, config: dict[str, Any]) -> None:
        body = page[page.index("<body>") :]
        assert body.index(config["study"]["note"]) < body.index("<h1>")

    def test_asks_nothing_of_the_network(self, page: str) -> None:
        outside = unescape(re.sub("(?s)<script.*?</script>", "", page))
        assert not re.search(r'(src|href)="(?!#)', outside)
        assert "default-src 'none'" in outside

    def test_is_under_five_megabytes(self, page: str) -> None:
        assert len(page.encode()) < 5_000_000

    def test_text_of_the_extracts_stays_text(self, page: str) -> None:
        assert HOSTILE not in page
        assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
        assert data_of(page)["figures"]["swimmer"]["spec"]["data"] == HOSTILE

    def test_is_the_same_again(self, page: str, request: pytest.FixtureRequest) -> None:
        again = request.getfixturevalue("page")
        assert again == page

    def test_every_link_has_its_target_and_no_id_stands_twice(self, page: str) -> None:
        class Ids(HTMLParser):
            ids: list[str]
            targets: set[str]

            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                given = dict(attrs)
                if given.get("id"):
                    self.ids.append(str(given["id"]))
                if str(given.get("href", "")).startswith("#"):
                    self.targets.add(str(given["href"])[1:])

        parser = Ids()
        parser.ids, parser.targets = [], set()
        parser.feed(page)
        assert len(parser.ids) == len(set(parser.ids))
        assert parser.targets <= set(parser.ids)

    def test_the_ledger_is_summed(self, content: dict[str, Any]) -> None:
        assert content["quality"]["totals"]["read"] == 22
        assert content["quality"]["rules"][0]["rows"] == 1

    def test_the_flow_says_why_patients_were_left_out(self, content: dict[str, Any]) -> None:
        last = content["flow"][-1]
        assert (last["n"], last["left"][0]["n"]) == (7, 3)
        assert "no more than 3 months" in last["left"][0]["reason"]

    def test_every_treated_patient_has_a_page(self, content: dict[str, Any]) -> None:
        assert [p["name"] for p in content["patients"]] == [f"LN-{i:02d}" for i in range(1, 11)]


def test_an_unknown_language_is_explained() -> None:
    from remit.errors import RemitError

    table = pl.read_csv(resources.text("labels"), infer_schema=False)
    with pytest.raises(RemitError, match="no labels for 'fr'; the label file has en, zh"):
        labels(table, "fr")


def test_every_label_has_both_languages_and_the_same_placeholders() -> None:
    table = pl.read_csv(resources.text("labels"), infer_schema=False)
    for key, en, zh in table.iter_rows():
        assert en, key
        assert zh, key
        assert sorted(re.findall("{.*?}", en)) == sorted(re.findall("{.*?}", zh)), key


@pytest.fixture(scope="module")
def chinese(root: Any) -> Labels:
    return labels_in("zh")


def test_what_a_check_wrote_is_told_in_chinese_with_its_values(chinese: Labels) -> None:
    for said, told in [
        ("0.9 umol/L lies outside 9.0 to 5300.0 umol/L", "0.9 umol/L超出9.0至5300.0 umol/L"),
        (
            "correct the result at its source; perhaps it is 12976",
            "在来源处更正结果；可能为12976",
        ),
        ("见备注 cannot be read as a result", "见备注无法读作结果"),
        (HOSTILE, HOSTILE),
    ]:
        assert message(said, chinese) == told


def test_every_rule_has_its_message_proposal_and_name_in_chinese(chinese: Labels) -> None:
    from remit.schemas.raw import DOMAINS, rules

    for rule in [rule for domain in DOMAINS for rule in rules(domain)]:
        assert chinese.of("check", rule.id) != rule.id
        for template in (rule.message, rule.proposal):
            whole = template.replace("[", "").replace("]", "")
            if whole.startswith("{") and whole.endswith("_PROPOSAL}"):
                continue  # written by the laboratory's own evidence
            said = re.sub("{.*?}", "X", whole)
            assert message(said, chinese) != said, said


def test_every_finding_of_the_consistency_table_is_told_in_chinese(chinese: Labels) -> None:
    from remit.schemas import consistency

    told = [(rule.id, rule.message) for rule in (*consistency.LIMITS, *consistency.ORDERS)]
    told += [("cross-check", rule.message) for rule in consistency.CROSS]
    for id, text in told:
        whole = message(f"{id}: {text}; the cell is not used; BRTHDTC says 2055-05-12", chinese)
        assert not re.search(
            "[a-z]", whole.replace("BRTHDTC", "").replace("kg", "").replace("eGFR", "")
        )


def test_a_criterion_is_told_in_chinese(chinese: Labels) -> None:
    criterion = {
        "all": [
            {"parameter": "PROT", "fall_percent": 50},
            {"any": [{"parameter": "SCR", "op": "<=", "of": "baseline", "factor": 1.15}]},
        ]
    }
    assert in_words(criterion, chinese) == "蛋白尿较基线下降≥ 50 %且(血肌酐 ≤ 1.15 × 基线值)"


def test_labels_of_criteria_and_evidence_are_those_of_the_definitions(say: Labels) -> None:
    assert {key: say(f"criterion.{key}") for key in PHRASES} == PHRASES
    assert {key: say(f"evidence.{key}") for key in EVIDENCE} == EVIDENCE


def test_every_analyte_has_a_chinese_name(chinese: Labels) -> None:
    for file in ("analytes", "derived_parameters"):
        for code in pl.read_csv(resources.text(file), infer_schema=False)["LBTESTCD"]:
            assert chinese.of("param", code) != code, code
