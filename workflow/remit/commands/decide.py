"""`remit decide`: what waits for somebody's word, with the evidence, and the signed line that settles it."""

import csv
import io
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.errors import RemitError
from remit.ingest.dictionaries import DECISIONS, load_decisions
from remit.machinery.write import write_text
from remit.schemas.raw import DOMAINS

#: What is shown of each kind before the list is named instead.
SHOWN = 20
Row = dict[str, str]


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = (
        "example: remit decide 085e0a-c6d3c2c65b7a:4 LBORRESU=mg/dL --initials XY "
        '--reason "the laboratory says so"'
    )
    parser.add_argument("row", nargs="?", help="the row's id, as it is shown without it")
    parser.add_argument("cell", nargs="?", help="COLUMN=VALUE; nothing behind = empties the cell")
    parser.add_argument("--initials", help="who signs")
    parser.add_argument("--reason", help="on what evidence")
    parser.add_argument("--date", default=date.today().isoformat(), help="of the signature; today")
    parser.add_argument("--all", action="store_true", help="everything that waits, not the first")
    of_study(parser)


def run(given: Namespace) -> int:
    """Print what waits, or sign one cell."""
    study = Study.of(given)
    if given.row is None:
        print(*waiting(study.results, None if given.all else SHOWN), sep="\n")
        return 0
    print(sign(study, given.row, given.cell, given.initials, given.date, given.reason))
    return 0


def waiting(results: Path, most: int | None = None) -> Iterator[str]:
    """What nobody but a person can decide: rows and cells set aside, contradictions, tests, people."""
    kinds = {
        "set aside by a rule": [
            f"{row['row_id']}  {_place(row)}  {row['column']}={row['value']}  [{row['rule']}]\n"
            f"      {row['message']}. {row['proposal']}"
            for row in _rows(results / "harmonized/quarantine.csv")
        ],
        "contradictions": [
            f"{row['row_id']}  {_place(row)}  {' '.join(filter(None, (row['item'], row['date'])))}  "
            f"{row['column']}={row['value']}  [{row['kind']}]\n      {row['message']}"
            for row in _rows(results / "harmonized/conflicts.csv")
        ],
        "tests that no dictionary knows (resources/analytes.csv)": [
            f"{row['feed']}: {row['test']} ({row['unit'] or 'no unit'}), {row['rows']} rows of "
            f"{row['subjects']} subjects, such as {row['example']}\n      resembles: "
            f"{row['proposal'] or 'nothing'}"
            for row in _rows(results / "harmonized/unmapped.csv")
        ],
        "people whose numbers resemble each other (study.links)": [
            f"{row['USUBJID']} and {row['OTHER']} ({row['KIND']}): {row['EVIDENCE']}; "
            f"{row['ROWS']} and {row['OTHER_ROWS']} rows"
            for row in _rows(results / "private/resemblances.csv")
        ],
    }
    for kind, lines in kinds.items():
        if lines:
            yield f"{len(lines)} {kind}"
            yield from (f"  {line}" for line in lines[:most])
            if most is not None and len(lines) > most:
                yield f"  … and {len(lines) - most} more (--all shows them)"
    if not any(kinds.values()):
        yield "Nothing waits."
        return
    yield "Sign a cell: remit decide ROW COLUMN=VALUE --initials XY --reason WHY"


def sign(
    study: Study, row_id: str, cell: str | None, initials: str | None, day: str, reason: str | None
) -> str:
    """Write one signed line to the study's decisions; says what was signed.

    Raises:
        RemitError: nothing that waits has this id, the column is not one of the row's domain, the line
            is not signed, or the cell is decided already.
    """
    found = [
        row
        for name in ("quarantine", "conflicts")
        for row in _rows(study.results / f"harmonized/{name}.csv")
        if _content(row["row_id"]) == _content(row_id)
    ]
    # A row that several feeds read is that of the feed whose id it is.
    found.sort(key=lambda row: row["row_id"] != row_id)
    if not found:
        raise RemitError(f"nothing that waits is called {row_id}. `remit decide` shows what does.")
    column, equals, value = (cell or "").partition("=")
    domain = study.plan["feeds"][found[0]["feed"]]["domain"]
    known = [each.name for each in DOMAINS[domain]]
    if not equals or column not in known:
        raise RemitError(f"write COLUMN=VALUE, with a column of {domain}: {', '.join(known)}")
    path = study.plan["study"]["decisions"]
    if path is None:
        raise RemitError("`study.decisions` names no file: set it, such as private/decisions.csv")
    if not (initials and reason and re.fullmatch(r"\d{4}-\d\d-\d\d", day)):
        raise RemitError("a decision counts only when it is signed: --initials, --reason, --date")
    line = [found[0]["feed"], found[0]["delivery"], row_id, column, value, initials, day, reason]
    table = study.folder / path
    before = table.read_text(encoding="utf-8-sig") if table.is_file() else None
    lines = list(csv.reader((before or "").splitlines())) or [DECISIONS]
    if [row_id, column] in ([each[2], each[3]] for each in lines[1:] if len(each) > 3):
        raise RemitError(f"{table}: {column} of row {row_id} is decided already. Mend that line.")
    write_text(table, _as_csv([*lines, line]))
    load_decisions(table)
    return f"{table}: {column} of {_place(found[0])} is {value or 'empty'} from the next run on."


def _as_csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _content(row_id: str) -> str:
    """What a decision knows a row by: the bytes of its file, and its line."""
    return row_id.rpartition("-")[2]


def _place(row: Row) -> str:
    return f"{row['source_file']}:{row['source_line']}"


def _rows(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
