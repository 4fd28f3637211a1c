"""One period for events, deaths, time at risk and every rate of a table."""

from datetime import date

import polars as pl
import pytest

from remit.analysis.periods import NAMES, period

FIRST, LAST = date(2021, 1, 1), date(2021, 3, 1)  # day 60


def days(name: str, reported: date | None = None, **known: date) -> int:
    subject = {"USUBJID": "a", "TRTSDT": FIRST, "TRTEDT": LAST, "EOSDT": None, "DTHDT": None}
    subjects = pl.DataFrame(
        [subject | known], schema_overrides={"EOSDT": pl.Date, "DTHDT": pl.Date}
    )
    events = pl.DataFrame(
        {"USUBJID": ["a"], "ASTDT": [reported]}, schema_overrides={"ASTDT": pl.Date}
    )
    found = period(name, subjects, events, {"after_last_dose_days": 56})
    return found["DAYS"].item()


@pytest.mark.parametrize(
    ("known", "on_treatment", "emergent", "follow_up"),
    [
        ({}, 60, 60, 60),  # nothing says that anybody looked after the last dose
        ({"EOSDT": date(2021, 12, 31)}, 60, 116, 365),
        ({"EOSDT": date(2021, 3, 11)}, 60, 70, 70),
        ({"EOSDT": date(2021, 2, 1)}, 60, 60, 60),
        ({"DTHDT": date(2021, 3, 11), "EOSDT": date(2021, 3, 1)}, 60, 70, 70),
        ({"reported": date(2021, 3, 11)}, 60, 70, 70),  # an event that was reported was observed
    ],
)
def test_where_a_period_ends(known, on_treatment, emergent, follow_up):
    found = [days(name, **known) for name in NAMES]
    assert found == [on_treatment, emergent, follow_up]


def test_who_was_not_treated_has_no_period():
    subjects = pl.DataFrame(
        {"USUBJID": ["a"], "TRTSDT": [None], "TRTEDT": [None], "EOSDT": [FIRST], "DTHDT": [None]},
        schema_overrides=dict.fromkeys(("TRTSDT", "TRTEDT", "DTHDT"), pl.Date),
    )
    events = pl.DataFrame(schema={"USUBJID": pl.String, "ASTDT": pl.Date})
    assert period("emergent", subjects, events, {"after_last_dose_days": 56}).is_empty()
