"""What other programs read: SAS transport files, CDISC Dataset-JSON, and the data dictionary.

Bytes are the same for the same data: both formats ask for a time of creation, and get a fixed one.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandera.polars as pa
import polars as pl

#: The time that the formats ask for; when a run took place is told by its provenance alone.
CREATED = "1960-01-01T00:00:00"
_SAS_CREATED = b"01JAN60:00:00:00"
_SAS_TIME = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")
#: What version 5 of the transport format can hold; what cannot goes into version 8.
_NAME, _LABEL, _TEXT = 8, 40, 200


class Dataset(NamedTuple):
    """A data set to hand over: its CDISC name, its title, its model and its rows."""

    name: str
    title: str
    model: type[pa.DataFrameModel]
    rows: pl.DataFrame


def dictionary(models: Mapping[str, type[pa.DataFrameModel]]) -> pl.DataFrame:
    """Every column of every table, from the models that the tables are validated by.

    Returns:
        dataset, dataset_title, position, variable, title, type, unit, required, rules.
    """
    rows = []
    for name, model in models.items():
        title = (model.__doc__ or "").strip().splitlines()[0].rstrip(".")
        for place, (variable, column) in enumerate(model.to_schema().columns.items(), 1):
            rows.append(
                {
                    "dataset": name,
                    "dataset_title": title,
                    "position": place,
                    "variable": variable,
                    "title": column.title,
                    "type": str(column.dtype),
                    "unit": (column.metadata or {}).get("unit"),
                    "required": "no" if column.nullable else "yes",
                    "rules": "; ".join(str(check.error or check.name) for check in column.checks),
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def write_transport(data: Dataset, path: Path) -> int:
    """Write a SAS transport file; returns its version, 5 where the data fit it, else 8.

    Text is UTF-8. Dates are SAS dates, truth is 1 and 0.
    """
    import pyreadstat

    rows = data.rows.with_columns(pl.col(pl.Boolean).cast(pl.Float64))
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    longest = rows.select(pl.col(texts).str.len_bytes().max()).row(0) if texts else ()
    fits = all(len(name) <= _NAME for name in rows.columns)
    version: Literal[5, 8] = 5 if fits and all((length or 0) <= _TEXT for length in longest) else 8
    titles = {name: column.title for name, column in data.model.to_schema().columns.items()}
    pyreadstat.write_xport(
        rows,
        str(path),
        file_label=data.title[:_LABEL],
        column_labels={name: (titles.get(name) or "")[:_LABEL] for name in rows.columns},
        table_name=data.name[:_NAME],
        file_format_version=version,
        variable_format={n: "DATE9." for n, kind in rows.schema.items() if kind == pl.Date},
    )
    written = path.read_bytes()
    path.write_bytes(_SAS_TIME.sub(_SAS_CREATED, written, count=4))
    return version


def dataset_json(data: Dataset, study: str, version: str) -> str:
    """The data as CDISC Dataset-JSON 1.1 (https://cdisc-org.github.io/DataExchange-DatasetJson).

    Args:
        data: what is handed over.
        study: the study's id.
        version: of Remit.
    """
    columns = data.model.to_schema().columns
    rows = data.rows.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
    document: dict[str, Any] = {
        "datasetJSONCreationDateTime": CREATED,
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{study}.{data.name}",
        "originator": "Remit",
        "sourceSystem": {"name": "Remit", "version": version},
        "studyOID": study,
        "itemGroupOID": f"IG.{data.name}",
        "records": data.rows.height,
        "name": data.name,
        "label": data.title,
        "columns": [
            {
                "itemOID": f"IT.{data.name}.{name}",
                "name": name,
                "label": columns[name].title if name in columns else name,
                **_kind(kind),
            }
            for name, kind in data.rows.schema.items()
        ],
    }
    # One line a row: a person can look at it, and a diff shows what changed.
    head = json.dumps(document, ensure_ascii=False, indent=1)[:-2]
    lines = (json.dumps(row, ensure_ascii=False) for row in rows.iter_rows())
    return head + ',\n "rows": [\n' + ",\n".join(lines) + "\n ]\n}\n"


def _kind(kind: pl.DataType) -> dict[str, str]:
    if kind == pl.Date:
        return {"dataType": "date", "targetDataType": "integer", "displayFormat": "E8601DA."}
    if kind.is_float():
        return {"dataType": "double"}
    if kind.is_integer():
        return {"dataType": "integer"}
    return {"dataType": "boolean" if kind == pl.Boolean else "string"}
