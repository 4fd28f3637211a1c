import polars as pl
import pytest

from remit.analysis.daily_doses import at_dates, cumulative
from remit.analysis.daily_doses import courses as courses_of
from remit.plan import resources

SPEC = {"pulse_mg": 250, "on_dates_of": "UPCR"}
KINDS = dict.fromkeys(["CMDOSU", "CMDOSFRQ", "CMROUTE", "CMSTDTC", "CMENDTC"], pl.String)


@pytest.fixture(scope="module")
def dictionaries():
    return {name: pl.read_csv(resources.text(name)) for name in ("equivalents", "frequencies")}


@pytest.fixture
def courses(dictionaries):
    def build(*rows):
        base = {
            "USUBJID": "01",
            "CMTRT": "Prednisone",
            "CMDOSE": 20.0,
            "CMDOSU": "mg",
            "CMDOSFRQ": "QD",
            "CMROUTE": "ORAL",
            "CMENDTC": None,
            "SRCFILE": "f",
            "SRCLINE": 2,
            "SRCSHA": "s",
        }
        cm = pl.DataFrame(
            [base | {"ROWID": f"r{k}"} | row for k, row in enumerate(rows)], schema_overrides=KINDS
        )
        return courses_of("PREDDOSE", cm, dictionaries, SPEC)

    return build


def dose_on(courses, *dates, **spec):
    days = pl.DataFrame({"USUBJID": "01", "ADT": list(dates)}).with_columns(
        pl.col("ADT").str.to_date("%Y-%m-%d")
    )
    found = at_dates("PREDDOSE", courses, days, SPEC | spec)
    return dict(found.select(pl.col("ADT").cast(pl.String), "AVAL").iter_rows())


@pytest.mark.parametrize(
    ("drug", "dose", "equivalent"),
    # Doses of the FDA label that equal 15 mg of prednisolone.
    [
        ("Prednisolone", 15, 15),
        ("hydrocortisone", 60, 15),
        ("CORTISONE", 75, 15),
        ("methylprednisolone", 12, 15),
        ("甲泼尼龙", 12, 15),
        ("triamcinolone", 12, 15),
        ("dexamethasone", 2.25, 15),
        ("betamethasone", 2.25, 15),
    ],
)
def test_published_equivalents(courses, drug, dose, equivalent):
    found = courses({"CMTRT": drug, "CMDOSE": float(dose), "CMSTDTC": "2021-01-01"})
    assert found["DAILY"].item() == pytest.approx(equivalent)


@pytest.mark.parametrize(
    ("frequency", "daily"), [("QD", 20), ("bid", 40), ("QOD", 10), ("QX", None)]
)
def test_doses_a_day(courses, frequency, daily):
    found = courses({"CMDOSFRQ": frequency, "CMSTDTC": "2021-01-01"})
    assert found["DAILY"].item() == daily


def test_a_dose_in_tablets_is_not_known(courses):
    assert courses({"CMDOSU": "tablet", "CMSTDTC": "2021-01-01"})["DAILY"].item() is None


def test_the_dose_in_force(courses):
    two = courses(
        {"CMSTDTC": "2021-01-01"},
        {"CMDOSE": 10.0, "CMSTDTC": "2021-02-01", "CMENDTC": "2021-03-01"},
    )
    assert dose_on(two, "2021-01-31", "2021-02-01", "2021-03-01") == {
        "2021-01-31": 20.0,
        "2021-02-01": 10.0,
        "2021-03-01": 10.0,
    }


def test_after_a_recorded_end_the_dose_is_zero(courses):
    stopped = courses({"CMSTDTC": "2021-01-01", "CMENDTC": "2021-01-31"})
    assert dose_on(stopped, "2021-02-01") == {"2021-02-01": 0.0}


def test_before_the_first_course_nothing_is_known(courses):
    assert dose_on(courses({"CMSTDTC": "2021-01-01"}), "2020-12-31") == {}


def test_an_open_course_goes_on(courses):
    assert dose_on(courses({"CMSTDTC": "2021-01-01"}), "2022-01-01") == {"2022-01-01": 20.0}


def test_two_drugs_at_once_add_up(courses):
    both = courses(
        {"CMSTDTC": "2021-01-01"},
        {"CMTRT": "methylprednisolone", "CMDOSE": 4.0, "CMSTDTC": "2021-01-01"},
    )
    assert dose_on(both, "2021-01-02") == {"2021-01-02": 25.0}


def test_an_unknown_dose_makes_the_day_unknown(courses):
    both = courses(
        {"CMSTDTC": "2021-01-01"},
        {"CMTRT": "methylprednisolone", "CMDOSU": "tablet", "CMSTDTC": "2021-01-01"},
    )
    assert dose_on(both, "2021-01-02") == {"2021-01-02": None}


def test_a_pulse_is_left_out_of_the_daily_dose(courses):
    pulse = {
        "CMTRT": "methylprednisolone",
        "CMDOSE": 500.0,
        "CMROUTE": "INTRAVENOUS",
        "CMSTDTC": "2021-01-10",
        "CMENDTC": "2021-01-12",
    }
    both = courses({"CMSTDTC": "2021-01-01"}, pulse)
    assert dose_on(both, "2021-01-11") == {"2021-01-11": 20.0}


def test_the_mean_of_the_last_days(courses):
    two = courses({"CMSTDTC": "2021-01-01"}, {"CMDOSE": 6.0, "CMSTDTC": "2021-01-05"})
    assert dose_on(two, "2021-01-05", mean_days=7) == {
        "2021-01-05": pytest.approx((4 * 20 + 6) / 5)
    }


def test_cumulative_dose_over_the_follow_up(courses):
    two = courses(
        {"CMSTDTC": "2020-12-01"},
        {
            "CMTRT": "methylprednisolone",
            "CMDOSE": 500.0,
            "CMROUTE": "INTRAVENOUS",
            "CMSTDTC": "2021-01-02",
            "CMENDTC": "2021-01-04",
        },
    )
    subjects = pl.DataFrame(
        {"USUBJID": ["01"], "TRTSDT": ["2021-01-01"], "EOSDT": ["2021-01-10"], "TRTEDT": [None]}
    ).with_columns(pl.col("TRTSDT", "EOSDT", "TRTEDT").cast(pl.String).str.to_date("%Y-%m-%d"))
    found = cumulative(two, subjects).row(0, named=True)
    assert found["CUMORAL"] == pytest.approx(0.2)  # 20 mg on 10 days
    assert found["CUMPULSE"] == pytest.approx(1.875)  # 625 mg on 3 days
    assert found["MEANDAILY"] == pytest.approx(20)


FOLLOW_UP = pl.DataFrame(
    {"USUBJID": ["01"], "TRTSDT": ["2021-01-01"], "EOSDT": ["2021-01-10"], "TRTEDT": ["2021-01-10"]}
).with_columns(pl.col("TRTSDT", "EOSDT", "TRTEDT").str.to_date("%Y-%m-%d"))


@pytest.mark.parametrize(
    "unknown",
    [
        {"CMDOSFRQ": "AS NEEDED", "CMSTDTC": "2021-01-05"},
        {"CMSTDTC": "2021", "CMENDTC": "2021-02-01"},
    ],
)
def test_a_course_of_unknown_dose_or_start_makes_the_sum_unknown(courses, unknown):
    found = cumulative(courses({"CMSTDTC": "2021-01-01"}, unknown), FOLLOW_UP).row(0, named=True)
    assert (found["CUMORAL"], found["MEANDAILY"]) == (None, None)


def test_a_course_of_unknown_dose_before_treatment_leaves_the_sum_known(courses):
    before = {"CMSTDTC": "2020", "CMENDTC": "2020-12-01"}
    found = cumulative(courses(before, {"CMSTDTC": "2021-01-01"}), FOLLOW_UP)
    assert found["CUMORAL"].item() == pytest.approx(0.2)


def test_a_course_without_a_known_start_may_run_on_any_day_before_its_end(courses):
    two = courses({"CMSTDTC": "2021-01-01"}, {"CMSTDTC": "2020-12", "CMENDTC": "2021-01-08"})
    assert dose_on(two, "2021-01-05", "2021-01-09") == {"2021-01-05": None, "2021-01-09": 20.0}


def test_every_drug_and_frequency_is_written_once_and_has_its_source(dictionaries):
    for name, key in (("equivalents", "drug"), ("frequencies", "frequency")):
        assert dictionaries[name][key].is_unique().all()
        assert dictionaries[name]["source"].null_count() == 0
    assert all(drug == drug.lower().strip() for drug in dictionaries["equivalents"]["drug"])
    assert all(name == name.upper().strip() for name in dictionaries["frequencies"]["frequency"])
