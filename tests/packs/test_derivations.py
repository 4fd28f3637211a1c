import polars as pl
import pytest

from remit.errors import RemitError
from remit.packs.derivations import records as derive
from remit.plan import resources

DICTIONARIES = {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH}
NONE = {
    "LBORRES": None,
    "LBSTRESC": "x",
    "LBSTRESU": None,
    "LBOPER": None,
    "LBSTNRLO": None,
    "LBSTNRHI": None,
    "LBNRIND": None,
    "LBMETHOD": None,
    "LBREFID": None,
    "SRCFILE": "f",
    "SRCLINE": 2,
    "SRCSHA": "s",
}
KINDS = {
    "LBSTRESN": pl.Float64,
    "LBSTNRLO": pl.Float64,
    "LBSTNRHI": pl.Float64,
    "LBSTRESU": pl.String,
    "LBOPER": pl.String,
    "LBNRIND": pl.String,
    "LBMETHOD": pl.String,
    "LBREFID": pl.String,
    "LBORRES": pl.String,
}
SUBJECT = pl.DataFrame(
    {"USUBJID": ["01"], "SEX": ["F"], "BRTHDT": ["1990-03-01"], "TRTSDT": ["2021-01-01"]}
).with_columns(pl.col("BRTHDT", "TRTSDT").str.to_date("%Y-%m-%d"))


def results(*rows):
    full = [
        {"USUBJID": "01", "LBDTC": "2021-01-01T08:00+08:00", "ROWID": f"r{k}"} | NONE | row
        for k, row in enumerate(rows)
    ]
    return pl.DataFrame(full, schema_overrides=KINDS)


@pytest.fixture
def derived(analytes):
    def run(lb, **spec):
        everything = derive(lb, None, None, SUBJECT, analytes, spec, DICTIONARIES)
        return everything.filter(pl.col("DTYPE").is_not_null())

    return run


def test_egfr_takes_the_age_at_sampling(derived):
    scr = {"LBTESTCD": "SCR", "LBSTRESN": 88.4}
    lb = results(scr | {"LBDTC": "2020-02-29"}, scr | {"LBDTC": "2020-03-01"})
    rates = derived(lb, egfr={"formula": "CKD-EPI 2009"})
    # At 29 and at 30 years; the second is the published 75.54.
    assert rates["AVAL"].round(2).to_list() == [76.07, 75.54]
    assert rates["DTYPE"].to_list() == ["CKD-EPI 2009"] * 2
    assert rates["AVALU"].to_list() == ["mL/min/{1.73_m2}"] * 2
    assert rates["ROWID"].to_list() == ["r0", "r1"]


def test_a_creatinine_below_a_limit_is_a_rate_above_one(derived):
    lb = results({"LBTESTCD": "SCR", "LBSTRESN": 30.0, "LBOPER": "<"})
    assert derived(lb, egfr={"formula": "CKD-EPI 2021"})["AVALOPER"].to_list() == [">"]


PARTS = {"protein": "UPROT", "creatinine": "UCREAT"}


def parts(protein=1.0, creatinine=10.0, **more):
    return [
        {"LBTESTCD": "UPROT", "LBSTRESN": protein} | more,
        {"LBTESTCD": "UCREAT", "LBSTRESN": creatinine},
    ]


def test_the_ratio_of_one_specimen(derived):
    # 1 g/L over 10 mmol/L is 100 mg/mmol, which is 0.884 g/g.
    ratio = derived(results(*parts()), upcr_from_parts=PARTS)
    assert ratio["PARAMCD"].to_list() == ["UPCR"]
    assert ratio["AVAL"].item() == pytest.approx(0.884, abs=5e-4)


def test_a_reported_ratio_is_not_derived_again(derived):
    lb = results(*parts(), {"LBTESTCD": "UPCR", "LBSTRESN": 0.9})
    assert derived(lb, upcr_from_parts=PARTS).height == 0


@pytest.mark.parametrize(
    "rows",
    [
        parts(creatinine=0.0),
        parts(creatinine=None),
        parts(LBDTC="2021-01-02"),
        parts()[:1],
    ],
)
def test_without_creatinine_of_the_specimen_there_is_no_ratio(derived, rows):
    assert derived(results(*rows), upcr_from_parts=PARTS).height == 0


def test_a_protein_below_a_limit_is_a_ratio_below_one(derived):
    ratio = derived(results(*parts(LBOPER="<")), upcr_from_parts=PARTS)
    assert ratio["AVALOPER"].to_list() == ["<"]


@pytest.mark.parametrize(("volume", "expected"), [(1500.0, [3.0]), (200.0, []), (7000.0, [])])
def test_protein_of_24_hours_from_a_complete_collection(derived, volume, expected):
    lb = results({"LBTESTCD": "UPROT", "LBSTRESN": 2.0}, {"LBTESTCD": "UVOL", "LBSTRESN": volume})
    plan = {"concentration": "UPROT", "volume": "UVOL", "volume_limits": [300, 6000]}
    assert derived(lb, protein_24h=plan)["AVAL"].to_list() == expected


SOURCES = {
    "look_back": 90,
    "sources": [
        {"parameter": "UPCR24"},
        {"parameter": "UP24"},
        {"parameter": "UPCR", "methods": ["First morning void", "晨尿"]},
        {"parameter": "UPCR"},
    ],
}
BEFORE, AFTER = {"LBDTC": "2020-12-20"}, {"LBDTC": "2021-02-01"}
DAY = {"24h ratio": ("UPCR24", None), "24h total": ("UP24", None)} | {
    "morning": ("UPCR", "first morning void"),
    "random": ("UPCR", None),
}


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (["24h ratio", "24h total"], ["24h ratio", "24h total"], ("UPCR24", 2)),
        (["24h ratio", "24h total"], ["24h total", "random"], ("UP24", 2)),
        (["24h total", "random"], ["random"], ("UPCR", 2)),
        (["morning", "random"], ["morning", "random"], ("UPCR, First morning void", 2)),
        (["morning"], ["random"], ("UPCR, First morning void", 1)),  # no pair, and none is mixed
        ([], ["random", "24h total"], ("UP24", 1)),
    ],
)
def test_a_subject_s_proteinuria_is_of_one_method_the_best_that_gives_a_pair(
    derived, before, after, taken
):
    rows = [
        {"LBTESTCD": DAY[name][0], "LBMETHOD": DAY[name][1], "LBSTRESN": 1.0} | when
        for names, when in ((before, BEFORE), (after, AFTER))
        for name in names
    ]
    found = derived(results(*rows), proteinuria=SOURCES).filter(pl.col("PARAMCD") == "UPBEST")
    assert found["DTYPE"].unique().to_list() == [taken[0]]
    assert found.height == taken[1]


def test_a_result_before_the_look_back_is_no_part_of_a_pair(derived):
    old = {"LBTESTCD": "UP24", "LBSTRESN": 1.0, "LBDTC": "2020-09-01"}
    rows = [old, old | AFTER, *({"LBTESTCD": "UPCR", "LBSTRESN": 1.0} | d for d in (BEFORE, AFTER))]
    found = derived(results(*rows), proteinuria=SOURCES).filter(pl.col("PARAMCD") == "UPBEST")
    assert found["DTYPE"].unique().to_list() == ["UPCR"]


def test_multiples_of_the_upper_limit_that_came_with_each_result(derived):
    lb = results(
        {"LBTESTCD": "DSDNA", "LBSTRESN": 60.0, "LBSTNRHI": 30.0},
        {"LBTESTCD": "DSDNA", "LBSTRESN": 60.0, "LBSTNRHI": 20.0},
        {"LBTESTCD": "DSDNA", "LBSTRESN": 60.0},
    )
    assert derived(lb, ratio_to_uln=["DSDNA"])["AVAL"].to_list() == [2.0, 3.0]


def test_an_unknown_parameter_is_an_error(derived):
    with pytest.raises(RemitError, match=r"without an entry .* NOVEL"):
        derived(results({"LBTESTCD": "NOVEL", "LBSTRESN": 1.0}))
