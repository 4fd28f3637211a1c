import polars as pl

from remit.analysis.division import divided


def test_a_quotient_is_the_nearest_float_in_one_row_and_in_many() -> None:
    days = list(range(1, 2_000))
    frame = pl.DataFrame({"days": days})
    python = [day / 28 for day in days]
    assert frame.select(divided(pl.col("days"), 28)).to_series().to_list() == python
    alone = [frame[row].select(divided(pl.col("days"), 28)).item() for row in range(len(days))]
    assert alone == python


def test_a_divisor_chosen_by_row_is_no_constant_when_all_rows_choose_the_same() -> None:
    values = [value / 100 for value in range(40, 400)]
    same = pl.when(pl.col("x") > 0).then(0.7).otherwise(0.9)
    found = pl.DataFrame({"x": values}).select(divided(pl.col("x"), same)).to_series().to_list()
    assert found == [value / 0.7 for value in values]
