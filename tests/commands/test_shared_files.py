"""Two feeds of one file: each line is told once, where the file lies."""

import hashlib
from pathlib import Path

import polars as pl

from remit.commands.provenance import _extracts
from remit.commands.study import Study
from remit.commands.why import _with_files
from remit.ingest.source import origin

CONTENT = b"MRN,Serum,Urine\n1,2,3\n"
SHA = hashlib.sha256(CONTENT).hexdigest()


def study_of(folder: Path) -> Study:
    feeds = {"serum": {}, "urine": {"from": "serum"}}
    for name, text in (
        ("extracts/serum/a.csv", CONTENT),
        (
            "results/ingested/ledger.csv",
            "feed,delivery,source_file,source_sha256,read\n"
            f"serum,d,a.csv,{SHA},1\nurine,d,a.csv,{SHA},2\n".encode(),
        ),
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(text)
    study = Study(folder, folder / "config.yaml")
    study.__dict__["plan"] = {"study": {"extracts": "extracts"}, "feeds": feeds}
    return study


def test_a_line_of_the_second_feed_is_found_in_the_folder_of_the_first(tmp_path: Path) -> None:
    row = f"{origin('urine', 'd', 'a.csv', SHA)}-{SHA[:12]}:2"
    table = pl.DataFrame({"SRCFILE": ["a.csv"], "SRCSHA": [SHA], "SRCROW": [row]})
    found = _with_files(table, study_of(tmp_path))
    assert found.select("FILE", "STATE").rows() == [("extracts/serum/a.csv", "unchanged")]


def test_the_provenance_has_the_file_once_with_the_rows_of_both(tmp_path: Path) -> None:
    (file,) = _extracts(study_of(tmp_path))
    assert file == ("extracts/serum/a.csv", SHA, len(CONTENT), 3)
