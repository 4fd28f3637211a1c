from pathlib import Path

import pytest

from remit.__main__ import main
from remit.commands.scan_identifiers import raw_identifiers
from remit.commands.study import Study as Results
from remit.privacy.identifiers import telling
from tests.workflow.study import Study
from tests.workflow.test_demo import raw_identifiers as read_without_remit


def scan(study: Study, *paths: str) -> int:
    return main(["scan-identifiers", *paths, "--study", str(study.folder)])


def test_the_scanner_knows_every_identifier_of_the_extracts(finished: Study) -> None:
    results = Results(finished.folder, finished / "config.yaml")
    assert telling(raw_identifiers(results)) == telling(read_without_remit())


def test_a_finished_study_passes(finished: Study, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan(finished) == 0
    assert "0 files hold any" in capsys.readouterr().out


def test_a_leak_is_named_but_not_repeated(
    finished: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leaked = telling(read_without_remit())[0]
    (tmp_path / "figure.json").write_text(f'{{"patient": "{leaked}"}}', encoding="utf-8")
    assert scan(finished, str(tmp_path)) == 1
    said = capsys.readouterr().out
    assert "figure.json: 1 identifiers" in said
    assert leaked not in said
