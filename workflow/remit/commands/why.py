"""`remit why`: a statistic, how it came about, and the lines of the extracts behind it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import polars as pl

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.ingest.source import with_feeds
from remit.lineage import why
from remit.machinery.deliveries import folder_of
from remit.machinery.digests import sha256

SHOWN = ("ROLE", "USUBJID", "WHAT", "AVISIT", "ADT", "AVAL", "AVALU")
NAMES = {"method": "method", "options": "options", "warning": "warning", "error": "not computed"}


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = 'example: remit why paired UPCR "Month 4" base_mean'
    parser.add_argument("table", help="paired, response, baseline, exposure, safety, …")
    parser.add_argument("words", nargs="*", help="what names the row: parameter, visit, class, …")
    parser.add_argument("statistic", help="the statistic, as the column is called")
    parser.add_argument("--csv", action="store_true", help="all lines as CSV")
    of_study(parser)


def run(given: Namespace) -> int:
    """Print the statistic and its sources."""
    study = Study.of(given)
    row = why.find(
        study.result("statistics/ard.parquet"), given.table, given.words, given.statistic
    )
    data = study.data()
    plan = study.plan
    found = why.records(row, data, plan)
    table = _with_files(why.sources(found, data, plan, study.dictionaries()), study)
    if given.csv:
        print(table.write_csv(), end="")
        return 0
    keys = [str(row[key]) for key in why.TABLES[row["table"]] if row[key] is not None]
    value = row["text"] if row["text"] is not None else row["value"]
    print(f"{row['table']}: {', '.join(keys)}\n{row['statistic']} = {value}")
    for name, label in NAMES.items():
        if row[name]:
            print(f"  {label}: {row[name]}")
    subjects = found["USUBJID"].n_unique()
    lines = table.select("FILE", "SRCLINE").drop_nulls().n_unique()
    print(f"{found.height} records of {subjects} subjects, {lines} lines of extracts\n")
    told = table.with_columns(SAID=why.said())
    for record, part in told.group_by(*SHOWN, maintain_order=True):
        print("  ".join(str(cell) for cell in record if cell is not None))
        for line in part.iter_rows(named=True):
            print(f"    {_told(line)}")
    return 0


def _with_files(table: pl.DataFrame, study: Study) -> pl.DataFrame:
    """FILE, the path of the extract, and STATE, whether its bytes are still those that were read."""
    ledger = pl.read_csv(study.results / "ingested/ledger.csv", infer_schema=False)
    extracts, feeds = Path(study.plan["study"]["extracts"]), study.plan["feeds"]
    folders = {feed: str(folder_of(extracts, feed, feeds)) for feed in feeds}
    table = with_feeds(table, ledger, "SRCROW").with_columns(
        FILE=pl.concat_str(
            pl.col("feed").replace_strict(folders, default=None, return_dtype=pl.String),
            pl.lit("/"),
            "SRCFILE",
        )
    )
    table = table.drop("feed", "delivery")
    wanted = table.select("FILE", "SRCSHA").drop_nulls().unique().rows()
    states = {file: _state(study.folder / file, digest) for file, digest in wanted}
    return table.with_columns(
        STATE=pl.col("FILE").replace_strict(states, default=None, return_dtype=pl.String)
    )


def _state(path: Path, digest: str) -> str:
    if not path.is_file():
        return "no longer there"
    return "unchanged" if sha256(path) == digest else "changed since"


def _told(line: dict[str, object]) -> str:
    where = f"{line['FILE']}, line {line['SRCLINE']}, sha256 {str(line['SRCSHA'])[:12]}"
    return f"{line['SAID']}  [{where}, {line['STATE']}]"
