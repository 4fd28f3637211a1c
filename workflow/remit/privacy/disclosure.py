"""What must not be printed when a page leaves the hospital: small cells, and what gives them away.

Numbers that are hidden become null in the wide statistics; the tables print them as `<k`. The sizes
of the analysis sets themselves are not hidden.
"""

from collections.abc import Mapping, Sequence

import polars as pl

_OF_A_SHARE = (
    *("count", "percent", "ci_low", "ci_high", "events", "person_years"),
    *("rate", "rate_ci_low", "rate_ci_high"),
    *("event_rate", "event_rate_ci_low", "event_rate_ci_high"),
)


def suppress(statistics: Mapping[str, pl.DataFrame], k: int) -> dict[str, pl.DataFrame]:
    """The wide statistics as a public page may show them, cells below `k` hidden.

    - A count is hidden when it or its complement lies between 1 and k - 1; where one class of a
      partition is hidden alone, the smallest other one is hidden too.
    - Of nested populations that differ by fewer than k patients the larger alone is kept.
    - Samples of fewer than k are left out, and so are visits whose patients are fewer than k short
      of the most complete visit: two means over almost the same patients give away the difference.
    - Extremes are single patients: exposure keeps no smallest and largest value.
    """
    return {
        "baseline": _baseline(statistics["baseline"], k),
        "paired": _paired(statistics["paired"], k),
        "response": _response(statistics["response"], k),
        "time_to_event": statistics["time_to_event"].clear(),
        "exposure": _exposure(statistics["exposure"], k),
        "safety": suppress_safety(statistics["safety"], k),
    }


def suppress_safety(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    """The rows of `safety`, counts hidden that are small or nearly everybody."""
    return _hide(rows, _small(k))


def samples(records: pl.DataFrame, k: int) -> pl.DataFrame:
    """The records, one per patient, of visits whose mean may be shown: see `suppress` on samples.

    Args:
        records: at least PARAMCD and AVISITN.
        k: the smallest sample shown.
    """
    counted = records.with_columns(n=pl.len().over("PARAMCD", "AVISITN").cast(pl.Int64))
    return counted.filter(_whole("PARAMCD", k)).drop("n")


def classes(responses: pl.DataFrame, k: int) -> pl.DataFrame:
    """The ADRS rows of visits whose every class of response holds nobody or k patients and more.

    Args:
        responses: at least AVISITN and AVALC, of one definition and the patients who are counted.
        k: the smallest count shown.
    """
    n = pl.len().over("AVISITN", "AVALC")
    return responses.filter((n >= k).all().over("AVISITN"))


def curves(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    """Time to event as a public figure may draw it: steps of k events, nobody's own time.

    Events are kept that k patients reached, and that nobody or k missed. Of their times those remain
    at which another k events are full; numbers at risk are rounded down to multiples of k, and who
    left in between is not told.

    Args:
        rows: `results/statistics/time_to_event.csv` of every event: a row without time, then one a time.
        k: the smallest count shown.
    """
    missed = pl.col("n") - pl.col("events")
    drawn = rows.filter(
        pl.col("time").is_null(), pl.col("events") >= k, (missed == 0) | (missed >= k)
    )
    steps = (
        rows.filter(pl.col("time").is_not_null())
        .join(drawn.select("PARAMCD"), on="PARAMCD", how="semi")
        .sort("PARAMCD", "time")
        .with_columns(full=pl.col("event").cum_sum().over("PARAMCD") // k)
        .unique(["PARAMCD", "full"], keep="first", maintain_order=True)
        .with_columns(
            at_risk=pl.col("at_risk") // k * k, event=pl.lit(None, pl.Int64), censored=pl.lit(0)
        )
        .drop("full")
    )
    return pl.concat([drawn, steps], how="vertical_relaxed").sort("PARAMCD", "time")


def _small(k: int) -> pl.Expr:
    """Whether a count or its complement is small."""
    return _between(pl.col("count"), k) | _between(pl.col("denominator") - pl.col("count"), k)


def _between(value: pl.Expr, k: int) -> pl.Expr:
    return (value > 0) & (value < k)


def _hide(rows: pl.DataFrame, hidden: pl.Expr) -> pl.DataFrame:
    columns = [c for c in rows.columns if c in _OF_A_SHARE]
    return rows.with_columns(pl.when(~hidden).then(pl.col(c)).alias(c) for c in columns)


def _largest_populations(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    sizes = dict(rows.filter(PARAMCD="TRTDURM").select("population", "n").iter_rows())
    kept: list[int] = []
    names = []
    for name, n in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        if n >= k and all(other - n >= k for other in kept):
            kept.append(n)
            names.append(name)
    return rows.filter(pl.col("population").is_in(names))


def _baseline(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    shown = _largest_populations(rows, k)
    numbers = shown.filter(pl.col("category").is_null(), _whole("population", k))
    classes = shown.filter(pl.col("category").is_not_null())
    hidden = _with_second(
        classes.with_columns(hidden=_small(k)), ["population", "PARAMCD"], pl.lit(True)
    )
    together = pl.concat([numbers, _hide(hidden, pl.col("hidden")).drop("hidden")])
    order = shown.select("population", "PARAMCD", "category")
    return order.join(
        together,
        on=["population", "PARAMCD", "category"],
        how="inner",
        nulls_equal=True,
        maintain_order="left",
    )


def _exposure(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    shown = _largest_populations(rows, k).filter(pl.col("n") >= k)
    return shown.with_columns(pl.lit(None, pl.Float64).alias(c) for c in ("min", "max"))


def _paired(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    return rows.filter(_whole("PARAMCD", k))


def _whole(group: str, k: int) -> pl.Expr:
    """Samples of k or more that are the group's largest, or smaller than it by k or more."""
    short = pl.col("n").max().over(group) - pl.col("n")
    return (pl.col("n") >= k) & ((short == 0) | (short >= k))


def _response(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    keys = ["definition", "AVISIT", "rule"]
    hidden = rows.with_columns(hidden=_small(k) | (pl.col("denominator") < k))
    # Classes that add up: to the denominator, and to all responses together, such as `CR+PR`.
    single = ~pl.col("category").str.contains("+", literal=True)
    together = pl.col("category").filter(~single).first().over("definition").str.split("+")
    for member in (single, together.list.contains(pl.col("category")).fill_null(False)):
        hidden = _with_second(hidden, keys, member)
    return _hide(hidden, pl.col("hidden")).drop("hidden")


def _with_second(rows: pl.DataFrame, keys: Sequence[str], member: pl.Expr) -> pl.DataFrame:
    """Hide the smallest other class of a partition of which exactly one is hidden."""
    alone = (pl.col("hidden") & member).sum().over(keys) == 1
    other = pl.when(member & ~pl.col("hidden") & (pl.col("count") > 0)).then(pl.col("count"))
    rank = other.rank("ordinal").over(keys)
    return rows.with_columns(hidden=pl.col("hidden") | (alone & (rank == 1)).fill_null(False))
