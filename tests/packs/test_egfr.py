import polars as pl
import pytest

from remit.packs.kidney.egfr import egfr

# Published equations on the vectors of clinical-definitions 4.1: S mg/dL, age, sex, then 2009, 2021,
# Chinese MDRD, MDRD.
VECTORS = [
    (0.6, 30, "F", 122.31, 123.76, 141.26, 117.38),
    (1.0, 30, "F", 75.54, 77.72, 75.21, 65.10),
    (2.0, 30, "F", 32.68, 33.83, 31.97, 29.25),
    (0.8, 50, "M", 104.16, 107.82, 114.42, 102.32),
    (1.5, 50, "M", 53.51, 56.37, 52.68, 49.54),
]
FORMULAS = ["CKD-EPI 2009", "CKD-EPI 2021", "MDRD Chinese", "MDRD"]


def rate(formula, scr, age, female):
    frame = pl.DataFrame(
        {"scr": [scr], "age": [age], "female": [female]},
        schema={"scr": pl.Float64, "age": pl.Int64, "female": pl.Boolean},
    )
    return frame.select(egfr(formula, pl.col("scr"), pl.col("age"), pl.col("female"))).item()


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_published_vectors(formula, vector):
    scr, age, sex, *expected = vector
    value = rate(formula, scr * 88.4, age, sex == "F")
    assert round(value, 2) == expected[FORMULAS.index(formula)]


@pytest.mark.parametrize(
    ("scr", "age", "female"),
    [(None, 30, True), (88.4, None, True), (88.4, 30, None), (88.4, 17, True), (0.0, 30, True)],
)
def test_what_is_not_known_or_not_adult_gives_no_rate(scr, age, female):
    assert rate("CKD-EPI 2009", scr, age, female) is None


def test_any_positive_creatinine_gives_a_rate():
    assert rate("CKD-EPI 2009", 0.9, 30, True) is not None
