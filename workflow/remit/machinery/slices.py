"""Work on some subjects at a time, so that memory follows them and not the size of the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

#: As many subjects as fit into about a gigabyte with every parameter and definition at every visit.
SUBJECTS = 1_000


def slices(
    subjects: pl.DataFrame, tables: Mapping[str, Path], size: int = SUBJECTS
) -> Iterator[tuple[pl.DataFrame, dict[str, pl.DataFrame]]]:
    """Yield neighbouring subjects and their rows of each table, in the order of USUBJID.

    Args:
        subjects: ADSL, sorted by USUBJID.
        tables: name to the path of a Parquet file sorted by USUBJID.
        size: subjects in a slice.
    """
    for part in list(subjects.iter_slices(size)) or [subjects]:
        names = part["USUBJID"]
        mine = pl.col("USUBJID").is_between(pl.lit(names.min()), pl.lit(names.max()))
        yield (
            part,
            {
                name: pl.scan_parquet(path).filter(mine).collect(engine="in-memory")
                for name, path in tables.items()
            },
        )
