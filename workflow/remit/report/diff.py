"""What changed between two results, in clinical words."""

from collections.abc import Iterator, Mapping

import polars as pl

from remit.schemas.catalogue import KEYS

Frames = Mapping[str, pl.DataFrame]

#: What a data set is about, the columns that name one of its rows, and those whose change is told.
TOLD: dict[str, tuple[str, list[str], list[str]]] = {
    "subjects": (
        "subject",
        ["USUBJID"],
        ["ELIGFL", "SAFFL", "EFFFL", "TRTSDT", "TRTDURD", "NDOSES", "EOSSTT", "DTHDT"],
    ),
    "responses": ("response", ["USUBJID", "DEFID", "AVISIT"], ["AVALC", "NERSN"]),
    "events": ("event", ["USUBJID", "PARAM"], ["CNSR", "AVAL"]),
    "adverse_events": (
        "adverse event",
        ["USUBJID", "AETERM", "ASTDT"],
        ["TRTEMFL", "AESER", "AREL", "ASEV"],
    ),
    "analysed": ("analysed value", ["USUBJID", "PARAM", "AVISIT"], ["AVAL", "ADT"]),
}


def differences(old: Frames, new: Frames) -> dict[str, list[str]]:
    """Sentences by subject of the report: subjects, responses, events, values, statistics.

    Args:
        old: subjects, responses, events, adverse_events, visits and ard of the earlier results.
        new: the same of the later ones.
    """
    before, after = _with_analysed(old), _with_analysed(new)
    told = {
        name: list(_rows(what, before[name], after[name], keys, columns))
        for name, (what, keys, columns) in TOLD.items()
    }
    told["statistics"] = list(_statistics(old["ard"], new["ard"]))
    return {name: sentences for name, sentences in told.items() if sentences}


def _with_analysed(data: Frames) -> dict[str, pl.DataFrame]:
    return {**data, "analysed": data["visits"].filter(pl.col("ANL01FL") == "Y")}


def _rows(
    what: str, old: pl.DataFrame, new: pl.DataFrame, keys: list[str], columns: list[str]
) -> Iterator[str]:
    chosen = [
        frame.select(*keys, *columns).unique(keys, keep="first", maintain_order=True)
        for frame in (old, new)
    ]
    both = chosen[0].join(chosen[1], on=keys, how="full", suffix="|new", nulls_equal=True)
    for row in both.sort(*keys, nulls_last=True).iter_rows(named=True):
        is_new = all(row[key] is None for key in keys)
        is_gone = all(row[f"{key}|new"] is None for key in keys)
        name = ", ".join(str(row[f"{k}|new" if is_new else k]) for k in keys)
        if is_new or is_gone:
            yield f"{what} {name}: {'new' if is_new else 'gone'}"
            continue
        changes = [
            f"{column} {_said(row[column])} → {_said(row[f'{column}|new'])}"
            for column in columns
            if row[column] != row[f"{column}|new"]
        ]
        if changes:
            yield f"{what} {name}: {'; '.join(changes)}"


def _statistics(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[str]:
    keys = ["table", *(key for key in KEYS if key not in ("PARAM", "UNIT")), "statistic"]
    value = pl.coalesce("text", pl.col("value").cast(pl.String))
    chosen = [frame.select(*keys, "value", said=value) for frame in (old, new)]
    both = chosen[0].join(chosen[1], on=keys, how="full", suffix="|new", nulls_equal=True)
    changed = both.filter(pl.col("said").ne_missing(pl.col("said|new")))
    order = [pl.coalesce(key, f"{key}|new") for key in keys]
    for row in changed.sort(order, nulls_last=True).iter_rows(named=True):
        side = "" if row["table"] is not None else "|new"
        name = [str(row[key + side]) for key in keys if row[key + side] is not None]
        yield f"{' '.join(name)}: {_said(row['said'])} → {_said(row['said|new'])}"


def _said(value: object) -> str:
    return "none" if value is None else str(value)
