"""The file that a table is saved in: HTML, CSV, Word or RTF."""

import html
from pathlib import PurePath

from remit.errors import RemitError
from remit.tables import docx, rtf
from remit.tables.table import Table

STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: #222; margin: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.gt_title { font-weight: 700; text-align: left; padding: 0 .6rem .4rem 0; }
.gt_col_heading, .gt_column_spanner { border-top: 2px solid #222; border-bottom: 1px solid #222; }
th, td { padding: .22rem .6rem; vertical-align: top; }
.gt_left { text-align: left; }
.gt_right { text-align: right; }
.gt_center { text-align: center; }
.gt_group_heading { text-align: left; border-top: 1px solid #bbb; padding-top: .5rem; }
.gt_stub { font-weight: 400; }
tbody.gt_table_body tr:last-child > * { border-bottom: 2px solid #222; }
.gt_sourcenote { font-size: .87em; color: #555; padding: .15rem .6rem 0 0; }
"""

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{table}
</body>
</html>
"""


def render(table: Table, path: str | PurePath) -> bytes:
    """The file that belongs at `path`; its ending (html, csv, docx, rtf) decides."""
    kind = PurePath(path).suffix.removeprefix(".")
    if kind == "html":
        page = _PAGE.format(
            lang=table.language, title=html.escape(table.title), style=STYLE, table=table.html()
        )
        return page.encode()
    if kind == "csv":
        return table.csv().encode()
    if kind == "docx":
        return docx.document(table)
    if kind == "rtf":
        return rtf.document(table).encode("ascii")
    raise RemitError(f"{path}: a table is saved as html, csv, docx or rtf, not '{kind}'")
