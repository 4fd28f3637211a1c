"""What each form of export costs to ingest: CPU seconds per million results.

    python -m bench.readers [--rows 100000]

The same results in every form; the figure is ingest of the whole file less ingest of its first tenth, so
that imports and dictionaries do not count.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

import polars as pl  # noqa: E402

from remit.ingest import SourceFile, dictionaries, ingest  # noqa: E402

NAMES = ["USUBJID", "LBTEST", "LBORRES", "LBORRESU", "LBDTC"]
KNOWN = dictionaries.load()


def table(rows: int) -> pl.DataFrame:
    """Creatinine of 500 patients."""
    return pl.select(row=pl.int_range(rows)).select(
        pl.format("P{}", pl.col("row") % 500).alias("USUBJID"),
        pl.lit("Creatinine").alias("LBTEST"),
        (60 + pl.col("row") % 90).cast(pl.String).alias("LBORRES"),
        pl.lit("umol/L").alias("LBORRESU"),
        pl.lit("2020-06-01T08:30:00+02:00").alias("LBDTC"),
    )


def csv(frame: pl.DataFrame) -> str:
    """Delimited text."""
    return frame.write_csv()


def fhir(frame: pl.DataFrame) -> str:
    """An Observation a line."""
    return "\n".join(
        json.dumps(
            {
                "resourceType": "Observation",
                "status": "final",
                "category": [{"coding": [{"code": "laboratory"}]}],
                "code": {"text": test},
                "subject": {"reference": f"Patient/{subject}"},
                "effectiveDateTime": when,
                "valueQuantity": {"value": int(result), "unit": unit},
            }
        )
        for subject, test, result, unit, when in frame.iter_rows()
    )


def hl7(frame: pl.DataFrame) -> str:
    """A message a result."""
    return "".join(
        f"MSH|^~\\&|LIS|LAB|EHR|H|20210105103000||ORU^R01|1|P|2.5.1\rPID|1||{subject}^^^H^MR\r"
        f"OBX|1|NM|X^{test}^L||{result}|{unit}|||||F|||20200601083000+0200\r"
        for subject, test, result, unit, _ in frame.iter_rows()
    )


def dataset_json(frame: pl.DataFrame) -> str:
    """One document."""
    columns = [{"name": name} for name in NAMES]
    return json.dumps(
        {"datasetJSONVersion": "1.1.0", "columns": columns, "rows": list(frame.iter_rows())}
    )


def omop(frame: pl.DataFrame) -> str:
    """MEASUREMENT."""
    names = ("person_id", "measurement_source_value", "value_as_number", "unit_source_value")
    return frame.rename(dict(zip(NAMES, [*names, "measurement_datetime"], strict=True))).write_csv()


FORMS: dict[str, tuple[str, Callable[[pl.DataFrame], str], dict[str, Any]]] = {
    "csv": ("x.csv", csv, {"columns": dict(zip(["SUBJID", *NAMES[1:]], NAMES, strict=True))}),
    "fhir": ("x.ndjson", fhir, {}),
    "hl7": ("x.hl7", hl7, {}),
    "dataset-json": ("x.json", dataset_json, {}),
    "omop": ("measurement.csv", omop, {}),
}


def seconds(path: Path, feed: dict[str, Any], rows: int) -> float:
    """CPU seconds of ingest, which must accept every row."""
    begun = time.process_time()
    found = ingest([SourceFile(path.name, path)], "f", "d", feed, KNOWN, bytes(32), "S")
    assert found.accepted.height == rows, found.ledger
    return time.process_time() - begun


def main() -> None:
    """Print a line a form."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    for form, (name, written, more) in FORMS.items():
        feed = {"domain": "lb", "format": form, "timezone": "Europe/Berlin", **more}
        took = []
        for count in (rows // 10, rows):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                path.write_text(written(table(count)), encoding="utf-8", newline="")
                took.append(seconds(path, feed, count))
        print(
            f"{form:<14}{(took[1] - took[0]) / (0.9 * rows) * 1e6:8.1f} CPU s per million results"
        )


if __name__ == "__main__":
    main()
