"""What a file is by its bytes, whatever its name says."""

import codecs
import zipfile
from pathlib import Path

# An office program's old container, and what it holds where the document has a password.
OLE, ENCRYPTED = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
MOST = 1 << 22
# First bytes to the format, or to the name of what is no format of a feed.
SIGNATURES = {
    OLE: "xls",
    b"PAR1": "parquet",
    b"HEADER RECORD*******": "xpt",
    b"$FL2@(#)": "sav",
    b"$FL3@(#)": "sav",
    b"<stata_dta>": "dta",
    bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"): "sas7bdat",
    b"\x1f\x8b": "gz",
    b"%PDF": "pdf",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"{\\rtf": "rtf",
    b'{"resourceType"': "fhir",
    b"MSH|": "hl7",
    b"\x0bMSH|": "hl7",
    b"FHS|": "hl7",
    b"BHS|": "hl7",
}
# Stata's files of releases 5 to 12: the release, the byte order, one and zero.
OLD_STATA = {bytes([release, order, 1, 0]) for release in range(105, 116) for order in (1, 2)}
# What a Dataset-JSON of version 1.1 or 1.0 has, wherever it stands.
DATASET = (b'"datasetJSONVersion"', b'"clinicalData"', b'"referenceData"')
# A part that a zipped document has, to what the document is.
DOCUMENTS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "word/document.xml": "docx"}
ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def kind(path: Path) -> str | None:
    """The format of a file that its content tells, or None."""
    with path.open("rb") as source:
        head = source.read(64)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path)
    if head.startswith(OLE) and ENCRYPTED in _first(path):
        return "a workbook with a password"
    if head[:4] in OLD_STATA:
        return "dta"
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") and _is_dataset(path):
        return "dataset-json"
    return next((kind for mark, kind in SIGNATURES.items() if head.startswith(mark)), None)


def _is_dataset(path: Path) -> bool:
    with path.open("rb") as source:
        head = source.read(1 << 16)
    return any(mark in head for mark in DATASET)


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
            if "mimetype" in parts:
                with archive.open("mimetype") as content:
                    if content.read(len(ODS)) == ODS:
                        return "ods"
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError):
        # Cut short: a reader of workbooks says so best.
        return "xlsx"
    # An office program's package of another make: its reader says what is wrong with it.
    other = "xlsx" if "[Content_Types].xml" in parts else "zip"
    return next((kind for part, kind in DOCUMENTS.items() if part in parts), other)


def _first(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(MOST)
