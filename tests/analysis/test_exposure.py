import polars as pl

from remit.analysis.exposure import COLUMNS, adherence, derive_exposure, planned_days
from remit.schemas.analysis import ADEX

SPEC = {"days": [1, 15, 29], "then_every": 28, "tolerance_days": 3, "planned_mg_per_kg": 10}
SUBJECT = pl.DataFrame(
    {
        "STUDYID": ["S"],
        "USUBJID": ["01"],
        "TRTSDT": ["2021-01-01"],
        "WEIGHT": [50.0],
        "TRTDURD": [57],
    }
).with_columns(pl.col("TRTSDT").str.to_date("%Y-%m-%d"))


def given(*dates, dose=500.0, unit="mg"):
    return pl.DataFrame(
        {
            "USUBJID": "01",
            "EXTRT": "belimumab",
            "EXDOSE": dose,
            "EXDOSU": unit,
            "EXSTDTC": list(dates),
            "SRCFILE": "f",
            "SRCLINE": [2] * len(dates),
            "SRCSHA": "s",
            "ROWID": "r",
        }
    )


def test_dose_per_weight_and_interval():
    frame = derive_exposure(given("2021-01-15", "2021-01-01", "2021-01-29"), SUBJECT)
    assert frame.columns == list(COLUMNS)
    ADEX.validate(frame, lazy=True)
    assert frame["ASTDY"].to_list() == [1, 15, 29]
    assert frame["AEXDOSK"].to_list() == [10.0, 10.0, 10.0]
    assert frame["INTERVAL"].to_list() == [None, 14, 14]


def test_a_dose_given_per_weight_stays_as_it_is():
    frame = derive_exposure(given("2021-01-01", dose=10.0, unit="mg/kg"), SUBJECT)
    assert frame["AEXDOSK"].item() == 10.0


def test_a_dose_in_another_unit_is_no_dose_per_weight():
    frame = derive_exposure(given("2021-01-01", unit="mL"), SUBJECT)
    assert frame["AEXDOSK"].item() is None


def test_the_plan_goes_on_at_its_interval():
    assert planned_days(SPEC, 100) == [1, 15, 29, 57, 85]


def test_adherence_counts_doses_on_time():
    doses = given("2021-01-01", "2021-01-15", "2021-02-04", "2021-02-26")  # days 1 15 35 57
    found = adherence(derive_exposure(doses, SUBJECT), SUBJECT, SPEC).row(0, named=True)
    assert (found["NDOSES"], found["PLANNED"], found["ONTIME"]) == (4, 4, 3)
    assert (found["CUMDOSE"], found["INTENSITY"]) == (40.0, 100.0)


def test_without_a_body_weight_the_dose_per_weight_is_unknown():
    nobody = SUBJECT.with_columns(WEIGHT=pl.lit(None, pl.Float64))
    found = adherence(derive_exposure(given("2021-01-01"), nobody), nobody, SPEC).row(0, named=True)
    assert (found["NDOSES"], found["CUMDOSE"], found["INTENSITY"]) == (1, None, None)
