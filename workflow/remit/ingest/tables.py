"""Typed tables: Parquet and the files of SAS, SPSS and Stata, back to text as a laboratory would print it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from remit.ingest import content
from remit.ingest.source import Findings, Header, SourceFile, UnreadableError, batch, find_header
from remit.schemas.raw import DOMAINS

RECORDS = 500_000
# Real data have at most some ten cells to a byte of Parquet; a repeated row has any number of them.
SUSPICIOUS, CELLS_PER_BYTE = 50_000_000, 100
# A number of double precision keeps 15 digits.
MOST_DIGITS = 10.0**15
TOO_LONG = "a number of more than 15 digits, of which its type keeps 15"


def read_parquet(
    file: SourceFile, feed: Mapping[str, Any], findings: Findings
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file; columns as in `delimited.read`, SRCLINE the row's number.

    Raises:
        UnreadableError: damaged, or a mapped column is missing.
    """
    try:
        table = pl.scan_parquet(file.path)
        names = table.collect_schema().names()
        header = findings.header = find_header([names], feed, file.name)
        height = table.select(pl.len()).collect().item()
        findings.found = height
        cells = height * len(names)
        if cells > SUSPICIOUS and cells > CELLS_PER_BYTE * file.path.stat().st_size:
            raise UnreadableError(
                f"{file.name}: {height} rows in so few bytes are no data. Ask for it again."
            )
        for start in range(0, height, RECORDS):
            yield _numbered(table.slice(start, RECORDS).collect(), start, header, file)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _damaged(file) from error


def read_statistical(
    file: SourceFile, feed: Mapping[str, Any], findings: Findings
) -> Iterator[pl.DataFrame]:
    """Yield the records of a file of SAS, SPSS or Stata, SRCLINE the record's number.

    A code reads as its label where the file has one, unless the feed's `codes` name the code; what
    the file itself declares as missing is missing. SDTM domains need no mapping: of a transport file
    without `columns` ours are the file's, and SUBJID is its USUBJID.

    Raises:
        UnreadableError: damaged, or a mapped column is missing.
    """
    import pyreadstat

    encoding = feed.get("encoding")
    readers: dict[str, Any] = {
        "xpt": pyreadstat.read_xport,
        "sas7bdat": pyreadstat.read_sas7bdat,
        "sav": pyreadstat.read_sav,
        "dta": pyreadstat.read_dta,
    }
    read = readers[content.kind(file.path) or feed["format"]]

    def part(**options: Any) -> tuple[pl.DataFrame, Any]:
        # Without polars named, even the metadata would ask for pandas, which jobs do not have.
        found: tuple[pl.DataFrame, Any] = read(
            str(file.path), encoding=encoding, output_format="polars", **options
        )
        return found

    try:
        _, meta = part(metadataonly=True)
        names = list(meta.column_names)
        feed = sdtm_columns(feed, names)
        header = findings.header = find_header([names], feed, file.name)
        if declared := sorted(meta.missing_ranges or ()):
            findings.notes.append(f"{', '.join(declared)}: missing where the file itself says so")
        # What the file's own head says; a transport file has none.
        findings.found = meta.number_rows
        start = 0
        while True:
            records, meta = part(row_offset=start, row_limit=RECORDS)
            if records.is_empty():
                return
            yield _numbered(_labelled(records, meta, header, feed), start, header, file)
            start += records.height
    except pyreadstat.ReadstatError as error:
        raise _damaged(file) from error
    except UnicodeDecodeError:
        raise UnreadableError(
            f"{file.name}: its text is not {encoding or 'utf-8'}. Declare the feed's `encoding`; "
            "SAS on Windows writes windows-1252."
        ) from None


def sdtm_columns(feed: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """The feed; without `columns` ours are those of the same name, and SUBJID is USUBJID.

    A USUBJID is one of the whole study: SITEID, which only DM has, is no part of who somebody is.
    """
    if feed.get("columns"):
        return feed
    known = [column.name for column in DOMAINS[feed["domain"]] if column.name != "SITEID"]
    own = [name for name in known if name in names]
    return {**feed, "columns": {name: name for name in own} | {"SUBJID": "USUBJID"}}


def _labelled(
    records: pl.DataFrame, meta: Any, header: Header, feed: Mapping[str, Any]
) -> pl.DataFrame:
    """The records with labels in place of codes; single-precision numbers as what they are."""
    single = [name for name, kind in meta.readstat_variable_types.items() if kind == "float"]
    records = records.with_columns(pl.col(single).cast(pl.Float32))
    ours = {header.names[place]: name for name, places in header.fields.items() for place in places}
    for name, labels in meta.variable_value_labels.items():
        kept = feed.get("codes", {}).get(ours.get(name, ""), {})
        text = printed(name, records.schema[name])
        shown = {
            code: label
            for value, label in labels.items()
            if (code := str(value).removesuffix(".0")) not in kept
        }
        records = records.with_columns(text.replace(shown))
    return records


def _numbered(records: pl.DataFrame, start: int, header: Header, file: SourceFile) -> pl.DataFrame:
    records.columns = [str(position) for position in range(records.width)]
    wanted = sorted({place for places in header.fields.values() for place in places})
    records = records.select(map(str, wanted))
    for place, kind in zip(wanted, records.dtypes, strict=True):
        if kind.is_nested() or isinstance(kind, (pl.Duration, pl.Object)):
            raise UnreadableError(
                f"{file.name}: {header.names[place]!r} holds values of the type {kind}; what is read is "
                "texts, numbers, dates and times. Ask for one value a cell."
            )
    texts = [printed(name, kind) for name, kind in records.schema.items()]
    flaws = [
        pl.when(pl.col(name).abs() >= MOST_DIGITS).then(pl.lit(TOO_LONG)).alias(f"{name}.CELL")
        for name, kind in records.schema.items()
        if kind.is_float() and (records[name].abs() >= MOST_DIGITS).any()
    ]
    return batch(
        records.select(*texts, *flaws).with_columns(
            SRCLINE=pl.int_range(start + 1, start + 1 + records.height, dtype=pl.Int64),
            RAGGED=pl.lit(False),
        ),
        header,
    )


def printed(name: str, kind: pl.DataType) -> pl.Expr:
    """A column of a typed table as the text that its source would print."""
    value = pl.col(name)
    if kind.is_float():
        # More digits than a double has are noise of its binary form.
        digits = value.fill_nan(None).round_sig_figs(7 if kind == pl.Float32 else 15)
        return digits.cast(pl.String).str.strip_suffix(".0")
    if isinstance(kind, pl.Datetime):
        second = value.dt.offset_by("500us").dt.truncate("1s")
        if kind.time_zone:
            # An instant keeps its offset: no clock of a feed may be put in its place.
            return second.dt.to_string("%Y-%m-%dT%H:%M:%S%:z")
        return second.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return value.cast(pl.String)


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(f"{file.name}: the file is damaged or cut short. Ask for it again.")
