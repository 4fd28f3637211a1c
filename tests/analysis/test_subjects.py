from datetime import date

import polars as pl
import pytest

from remit.analysis import scores
from remit.analysis.subjects import COLUMNS, derive_subjects, flow
from remit.analysis.treatment import last_contacts
from remit.plan import resources
from remit.schemas.analysis import ADSL

SPEC = {
    "month_days": 28,
    "screening_days": 90,
    "eligibility": [
        {"text": "lupus nephritis", "present": "LNCLASS"},
        {
            "text": "ANA at least 1:80 or anti-dsDNA positive",
            "criterion": {
                "any": [
                    {"parameter": "ANA", "op": ">=", "value": 80, "unit": "{titer}"},
                    {"parameter": "DSDNA", "op": ">", "of": "uln"},
                ]
            },
        },
    ],
    "safety": {"doses": 1},
    "treatment": {"model": "infusions"},
    "efficacy": {"treated_more_than_days": 98, "words": "3 months", "baseline_and_after": ["UPCR"]},
}


def demographics(*subjects, **changes):
    base = {
        "STUDYID": "S",
        "SEX": "F",
        "BRTHDTC": "1990-01-02",
        "RFICDTC": "2020-12-20",
        "LNCLASS": "IV",
        "LNDXDTC": "2019",
        "WEIGHT": 50.0,
        "DSDECOD": "ONGOING",
        "DSSTDTC": None,
        "DTHDTC": None,
    }
    rows = [base | {"USUBJID": s} | changes for s in subjects]
    return pl.DataFrame(
        rows, schema_overrides=dict.fromkeys(["DSSTDTC", "DTHDTC", "RFICDTC"], pl.String)
    )


def doses(**days):
    rows = [(subject, 500.0, date, date) for subject, dates in days.items() for date in dates]
    names = ["USUBJID", "EXDOSE", "EXSTDTC", "EXENDTC"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(EXTRT=pl.lit("X"))


def contacts(lb):
    return last_contacts(lb.lazy().select("USUBJID", "LBDTC"))


def results(*rows):
    names = ["USUBJID", "LBTESTCD", "LBSTRESN", "LBOPER", "LBDTC", "LBSTNRLO", "LBSTNRHI", "ROWID"]
    kinds = [
        pl.String,
        pl.String,
        pl.Float64,
        pl.String,
        pl.String,
        pl.Float64,
        pl.Float64,
        pl.String,
    ]
    full = [(*row, *[None] * (7 - len(row)), f"r{k}") for k, row in enumerate(rows)]
    return pl.DataFrame(full, schema=dict(zip(names, kinds, strict=True)), orient="row")


ANA = ("01", "ANA", 320.0, None, "2020-12-20")
UPCR = [("01", "UPCR", 2.0, None, "2020-12-20"), ("01", "UPCR", 1.0, None, "2021-02-01")]
LONG = ["2021-01-01", "2021-01-15", "2021-05-01"]


@pytest.fixture
def derive(analytes):
    def run(dm, ex, lb):
        return ADSL.validate(
            derive_subjects(dm, ex, lb, None, analytes, contacts(lb), SPEC), lazy=True
        )

    return run


def only(frame, *columns):
    return frame.select(columns).row(0)


@pytest.mark.parametrize(
    ("birth", "date", "flag", "age"),
    [
        ("1990-01-02", date(1990, 1, 2), None, 30.0),
        ("1990", date(1990, 1, 1), "M", 31.0),
        ("1990-03", date(1990, 3, 1), "D", 30.0),
        (None, None, None, None),
    ],
)
def test_a_birth_known_by_its_year_gives_the_age_by_it_and_says_so(derive, birth, date, flag, age):
    dm = demographics("01").with_columns(BRTHDTC=pl.lit(birth, pl.String))
    frame = derive(dm, doses(**{"01": LONG}), results(ANA, *UPCR))
    assert only(frame, "BRTHDT", "BRTHDTF", "AGE") == (date, flag, age)


def test_dates_and_duration_of_treatment(derive):
    frame = derive(demographics("01"), doses(**{"01": LONG}), results(ANA, *UPCR))
    assert frame.columns == list(COLUMNS)
    assert only(frame, "TRTDURD", "NDOSES", "AGE") == (121, 3, 30.0)
    assert only(frame, "TRTDURM")[0] == pytest.approx(121 / 28)
    assert only(frame, "ENRLFL", "ELIGFL", "SAFFL", "EFFFL") == ("Y", "Y", "Y", "Y")


def test_a_birthday_one_day_after_the_first_dose_has_not_been_reached(derive):
    frame = derive(demographics("01"), doses(**{"01": LONG}), results(ANA))
    assert only(frame, "AGE") == (30.0,)
    frame = derive(demographics("01", BRTHDTC="1990-01-01"), doses(**{"01": LONG}), results(ANA))
    assert only(frame, "AGE") == (31.0,)


def test_who_was_never_treated_is_in_no_set_and_the_reason_stands_there(derive):
    frame = derive(demographics("01"), doses(**{"02": LONG}), results(ANA))
    assert only(frame, "SAFFL", "SAFRSN") == ("N", "never treated")
    assert only(frame, "EFFFL", "EFFRSN") == ("N", "never treated")


def test_a_dose_of_nothing_is_no_dose(derive):
    ex = doses(**{"01": LONG}).with_columns(EXDOSE=pl.lit(0.0))
    assert only(derive(demographics("01"), ex, results(ANA)), "SAFFL") == ("N",)


def test_three_months_of_treatment_are_for_safety_only(derive):
    ex = doses(**{"01": ["2021-01-01", "2021-03-26"]})  # day 85, three study months
    frame = derive(demographics("01"), ex, results(ANA, *UPCR))
    assert only(frame, "SAFFL", "EFFFL", "EFFRSN") == (
        "Y",
        "N",
        "treated for no more than 3 months",
    )


def test_efficacy_needs_a_value_before_and_after(derive):
    frame = derive(demographics("01"), doses(**{"01": LONG}), results(ANA, UPCR[0]))
    assert only(frame, "EFFRSN") == ("no UPCR after baseline",)
    frame = derive(demographics("01"), doses(**{"01": LONG}), results(ANA, UPCR[1]))
    assert only(frame, "EFFRSN") == ("no UPCR at baseline",)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("01", "ANA", 80.0, None, "2020-12-20")], None),
        ([("01", "ANA", 40.0, None, "2020-12-20")], "not evaluable: "),
        (
            [
                ("01", "ANA", 40.0, None, "2020-12-20"),
                ("01", "DSDNA", 20.0, None, "2020-12-20", None, 30.0),
            ],
            "not met: ",
        ),
        # Below 1:100 does not prove 1:80, and does not disprove it.
        (
            [
                ("01", "ANA", 100.0, "<", "2020-12-20"),
                ("01", "DSDNA", 20.0, None, "2020-12-20", None, 30.0),
            ],
            "not evaluable: ",
        ),
        ([("01", "ANA", 1280.0, ">", "2020-12-20")], None),
        ([("01", "DSDNA", 200.0, ">", "2020-12-20", None, 100.0)], None),
        # After the first dose, and before the look-back.
        ([("01", "ANA", 80.0, None, "2021-01-02")], "not evaluable: "),
        ([("01", "ANA", 80.0, None, "2020-09-01")], "not evaluable: "),
    ],
)
def test_eligibility_is_judged_on_the_last_value_before_treatment(derive, rows, reason):
    frame = derive(demographics("01"), doses(**{"01": LONG}), results(*rows))
    text = "ANA at least 1:80 or anti-dsDNA positive"
    assert only(frame, "ELIGRSN") == (reason and reason + text,)


def test_the_numbers_of_the_flow_add_up(derive):
    dm = pl.concat([demographics("01", "02", "03"), demographics("04", LNCLASS=None)])
    ex = doses(**{"01": LONG, "02": LONG[:2], "04": LONG})
    lb = results(ANA, *UPCR, ("02", *ANA[1:]), ("03", *ANA[1:]), ("04", *ANA[1:]))
    steps = flow(derive(dm, ex, lb)).rows()
    assert steps == [
        ("Screened", None, 4),
        ("Eligible", None, 3),
        ("Eligible", "not met: lupus nephritis", 1),
        ("Enrolled", None, 4),
        ("Enrolled", "enrolled though not eligible", -1),
        ("Safety set", None, 3),
        ("Safety set", "never treated", 1),
        ("Efficacy set", None, 1),
        ("Efficacy set", "no UPCR at baseline", 1),
        ("Efficacy set", "treated for no more than 3 months", 1),
    ]
    left = {step: sum(n for s, reason, n in steps if s == step and reason) for step, _, _ in steps}
    sizes = [n for _, reason, n in steps if reason is None]
    names = [step for step, reason, _ in steps if reason is None]
    for before, after, step in zip(sizes, sizes[1:], names[1:], strict=False):
        assert before - left[step] == after


def test_two_rows_for_one_subject_are_an_error(derive):
    with pytest.raises(Exception, match="more than one demographics record: 01"):
        derive(demographics("01", "01"), doses(**{"01": LONG}), results(ANA))


@pytest.mark.parametrize(
    ("present", "reason"),
    [(3, None), (1, "not met: active"), (0, "not met: active"), (None, "not evaluable: active")],
)
def test_sledai_is_judged_from_its_items(analytes, present, reason):
    # Items of weight 2; three present make 6.
    codes = [f"I{k}" for k in range(1, 25)]
    items = pl.DataFrame({"QSTESTCD": codes, "item": list(range(1, 25)), "weight": [2] * 24})
    items = items.with_columns(questionnaire=pl.lit("SLEDAI-2K"))
    there = [float(k < (present or 0)) for k in range(24)]
    qs = pl.DataFrame(
        {
            "USUBJID": "01",
            "QSTESTCD": codes,
            "QSSTRESN": there,
            "QSDTC": "2020-12-20",
            "SRCFILE": "f",
            "SRCLINE": list(range(24)),
            "SRCSHA": "s",
            "ROWID": codes,
        }
    )
    if present is None:
        qs = qs.head(23)
    rule = {"parameter": "SLEDAI", "op": ">=", "value": 6, "unit": "{score}"}
    spec = SPEC | {"eligibility": [{"text": "active", "criterion": rule}]}
    frame = derive_subjects(
        demographics("01"),
        doses(**{"01": LONG}),
        results(ANA),
        scores.totals(qs, items, pl.read_csv(resources.text("scores"))).with_columns(
            AVALOPER=pl.lit(None, pl.String)
        ),
        analytes,
        contacts(results(ANA)),
        spec,
    )
    assert only(frame, "ELIGRSN") == (reason,)


@pytest.mark.parametrize(
    ("column", "change"),
    [("LNDXDT", "LNDXDTC"), ("RFICDT", "RFICDTC"), ("WEIGHT", "WEIGHT"), ("LNCLASS", "LNCLASS")],
)
def test_every_column_that_the_config_may_ask_for_is_looked_at(analytes, column, change):
    spec = SPEC | {"eligibility": [{"text": "recorded", "present": column}]}
    dm = pl.concat(
        [
            demographics("01", LNDXDTC="2019-05-04"),
            demographics("02").with_columns(pl.lit(None).alias(change)),
        ]
    )
    ex = doses(**{"01": LONG, "02": LONG})
    frame = derive_subjects(dm, ex, results(ANA), None, analytes, contacts(results(ANA)), spec)
    assert frame["ELIGRSN"].to_list() == [None, "not met: recorded"]


@pytest.mark.parametrize(("years", "reason"), [(18, None), (40, "not met: adult")])
def test_age_is_a_criterion_like_any_other(analytes, years, reason):
    rule = {"parameter": "AGE", "op": ">=", "value": years, "unit": "a"}
    spec = SPEC | {"eligibility": [{"text": "adult", "criterion": rule}]}
    age = analytes.head(1).with_columns(PARAMCD=pl.lit("AGE"), decimals=pl.lit(0, pl.Int64))
    known = pl.concat([analytes, age])
    lb = results(ANA, *UPCR)
    frame = derive_subjects(
        demographics("01"), doses(**{"01": LONG}), lb, None, known, contacts(lb), spec
    )
    assert only(frame, "ELIGRSN") == (reason,)


def test_a_study_without_dates_of_consent_enrols_everybody(analytes):
    lb = results(ANA, *UPCR)
    given = demographics("01", RFICDTC=None), doses(**{"01": LONG}), lb, None, analytes
    asked = derive_subjects(*given, contacts(lb), SPEC)
    assert only(asked, "ENRLFL", "SAFRSN") == ("N", "not enrolled: no date of consent")
    frame = derive_subjects(*given, contacts(lb), SPEC, consent=False)
    assert only(frame, "ENRLFL", "SAFFL") == ("Y", "Y")
