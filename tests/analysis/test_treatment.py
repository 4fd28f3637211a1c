import datetime

import polars as pl
import pytest

from remit.analysis.treatment import last_contacts, treatment
from remit.errors import RemitError


def doses(*rows):
    names = ["USUBJID", "EXTRT", "EXDOSE", "EXSTDTC", "EXENDTC"]
    kinds = {name: pl.Float64 if name == "EXDOSE" else pl.String for name in names}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def people(*rows):
    names = ["USUBJID", "RFICDTC", "RFXSTDTC", "RFXENDTC"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


NOBODY = people()
SEEN = last_contacts(
    pl.LazyFrame({"USUBJID": ["a", "a"], "LBDTC": ["2022-03-01T08:00", "2022-12-31"]})
)
OPEN = doses(("a", "Dapagliflozin", 10.0, "2022-01-01", None))
DAY = datetime.date


def of(ex, dm=NOBODY, **spec):
    return treatment(ex, dm, SEEN, spec).row(0, named=True)


def test_tablets_without_an_end_are_still_taken_at_the_last_contact():
    found = of(OPEN, model="continuous")
    assert (found["TRTSDT"], found["TRTEDT"]) == (DAY(2022, 1, 1), DAY(2022, 12, 31))
    assert (found["TRTDURD"], found["TRTONFL"]) == (365, "Y")


def test_a_dose_of_zero_is_none_unless_it_is_a_placebo():
    zero = doses(
        ("a", "XANOMELINE", 0.0, "2022-01-01", None), ("b", "Placebo", 0.0, "2022-01-02", None)
    )
    assert treatment(zero, NOBODY, SEEN, {})["USUBJID"].to_list() == ["b"]


def test_an_unknown_end_is_not_one_day():
    found = of(OPEN, model="continuous", empty_end="unknown")
    assert (found["TRTSDT"], found["TRTEDT"], found["TRTDURD"]) == (DAY(2022, 1, 1), None, None)
    assert found["TRTONFL"] is None


def test_an_empty_end_beside_others_is_asked_about():
    ex = pl.concat([OPEN, doses(("b", "Dapagliflozin", 10.0, "2022-01-01", "2022-07-19"))])
    with pytest.raises(RemitError, match="1 rows of doses have no end"):
        of(ex)
    assert of(ex.filter(USUBJID="b"))["TRTDURD"] == 200


def test_an_infusion_without_an_end_is_of_its_day():
    assert of(OPEN, model="infusions")["TRTDURD"] == 1


def test_pauses_between_courses_are_not_treatment():
    ex = doses(
        ("a", "X", 1.0, "2022-01-01", "2022-01-10"),
        ("a", "X", 1.0, "2022-01-08", "2022-01-12"),  # two days of it again
        ("a", "X", 1.0, "2022-02-01", "2022-02-03"),
    )
    assert of(ex, model="courses")["TRTDURD"] == 12 + 3
    assert of(ex, model="continuous")["TRTDURD"] == 31 + 3


def test_a_drug_that_is_not_the_treatment_never_starts_it():
    ex = doses(
        ("a", "Saline", 1.0, "2021-12-01", "2021-12-01"),
        ("a", " belimumab", 500.0, "2022-01-01", "2022-01-01"),
    )
    assert of(ex, drugs=["Belimumab"])["TRTSDT"] == DAY(2022, 1, 1)
    assert of(ex)["TRTSDT"] == DAY(2021, 12, 1)


def test_a_dose_of_unknown_size_treats_and_a_dose_of_none_does_not():
    ex = doses(("a", "X", None, "2022-02-01", None), ("a", "X", 0.0, "2022-01-01", None))
    assert of(ex, model="infusions")["TRTSDT"] == DAY(2022, 2, 1)


def test_treatment_may_begin_at_a_date_of_the_demographics():
    dm = people(("a", "2021-12-24", "2022-01-01", "2022-01-31"), ("b", "2021-12-24", None, None))
    found = of(doses(), dm, start="RFXSTDTC")
    assert (found["TRTSDT"], found["TRTDURD"], found["NDOSES"]) == (DAY(2022, 1, 1), 31, 1)
    assert of(doses(), dm, start="RFICDTC")["TRTSDT"] == DAY(2021, 12, 24)
    assert treatment(doses(), dm, SEEN, {"start": "RFXSTDTC"})["USUBJID"].to_list() == ["a"]
