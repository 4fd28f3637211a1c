"""What is handed to other programs holds the data, and says so itself."""

import hashlib
import io
import json
import re
from datetime import date
from email.message import Message
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest

from remit.__main__ import main
from remit.commands.exchange import ADAM
from remit.schemas.analysis import ADSL
from remit.tables.exchange import Dataset, write_transport
from tests.workflow.study import Study

SDTM = ("dm", "ex", "lb", "qs", "cm", "ae")
PLACES = [f"harmonized/{name}.parquet sdtm/{name}" for name in SDTM] + [
    f"analysis/{name}.parquet adam/{code.lower()}" for name, (code, _) in ADAM.items()
]


@pytest.fixture(scope="module")
def exchanged(finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = finished.copy(tmp_path_factory.mktemp("exchanged"))
    for command in ("exchange", "provenance"):
        assert main([command, "--study", str(study.folder)]) == 0
    return study


@pytest.mark.parametrize("place", PLACES)
def test_a_transport_file_gives_the_data_back(exchanged: Study, place: str) -> None:
    source, copy = place.split()
    wanted = pl.read_parquet(exchanged / f"results/{source}")
    got, meta = pyreadstat.read_xport(
        str(exchanged / f"results/exchange/{copy}.xpt"), output_format="polars"
    )
    assert meta.table_name == Path(copy).name.upper()
    assert all(meta.column_labels)
    for name, kind in wanted.schema.items():
        values = wanted[name]
        if kind == pl.String:  # the format knows no difference between empty and absent
            assert got[name].to_list() == values.fill_null("").to_list(), name
        elif values.null_count() < len(values):
            assert got[name].to_list() == values.cast(got[name].dtype).to_list(), name


@pytest.mark.parametrize("place", PLACES)
def test_a_dataset_json_gives_the_data_back(exchanged: Study, place: str) -> None:
    source, copy = place.split()
    wanted = pl.read_parquet(exchanged / f"results/{source}")
    document = json.loads((exchanged / f"results/exchange/{copy}.json").read_text("utf-8"))
    assert document["records"] == len(document["rows"]) == wanted.height
    assert [column["name"] for column in document["columns"]] == wanted.columns
    assert all(column["label"] for column in document["columns"])
    plain = wanted.with_columns(pl.col(pl.Date).cast(pl.String))
    assert document["rows"] == [list(row) for row in plain.iter_rows()]


def test_the_data_dictionary_names_every_column(exchanged: Study) -> None:
    told = pl.read_csv(exchanged / "results/exchange/data_dictionary.csv", infer_schema=False)
    assert told["title"].null_count() == 0
    for place in PLACES:
        source, copy = place.split()
        own = told.filter(dataset=Path(copy).name.upper())
        assert own["variable"].to_list() == pl.read_parquet(exchanged / f"results/{source}").columns


def test_the_same_data_are_the_same_bytes(tmp_path: Path) -> None:
    data = Dataset("ADSL", "Subjects", ADSL, pl.DataFrame({"TRTSDT": [date(2020, 6, 1)]}))
    for name in ("a", "b"):
        write_transport(data, tmp_path / name)
        assert b"01JAN60:00:00:00" in (tmp_path / name).read_bytes()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_version_five_cannot_hold_goes_into_version_eight(tmp_path: Path) -> None:
    def version(rows: pl.DataFrame) -> int:
        return write_transport(Dataset("ADSL", "Subjects", ADSL, rows), tmp_path / "x.xpt")

    assert version(pl.DataFrame({"SEX": ["F"]})) == 5
    assert version(pl.DataFrame({"SEX": ["病" * 67]})) == 8
    assert version(pl.DataFrame({"CRITERION": ["F"]})) == 8


@pytest.fixture(scope="module")
def graph(exchanged: Study) -> dict[str, Any]:
    text = (exchanged / "results/provenance/ro-crate-metadata.json").read_text("utf-8")
    return {entity["@id"]: entity for entity in json.loads(text)["@graph"]}


def test_the_provenance_names_every_extract_and_result_by_its_content(
    exchanged: Study, graph: dict[str, Any]
) -> None:
    told = {entity["sha256"] for entity in graph.values() if "sha256" in entity}
    extracts = (exchanged / "resources/demo/extracts").rglob("*")
    results = [
        path
        for path in (exchanged / "results").rglob("*")
        if not {"private", "logs", "benchmarks", "provenance", "exchange"} & set(path.parts)
    ]
    for path in [*extracts, *results, exchanged / "config.yaml"]:
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() in told, path


def test_the_provenance_tells_every_job_and_why_it_ran(
    exchanged: Study, graph: dict[str, Any]
) -> None:
    jobs = [e for e in graph.values() if e["@id"].startswith("#job-")]
    assert {job["name"] for job in jobs} >= {"ingest", "harmonize", "statistics", "report"}
    for job in jobs:
        assert job["startTime"] <= job["endTime"]
        assert "Missing output files" in job["description"]
        for role in ("object", "result"):
            entities = job.get(role, [])
            for entity in entities if isinstance(entities, list) else [entities]:
                assert entity["@id"] in graph


CONTEXT = "https://w3id.org/ro/crate/1.1/context"


class Answer(io.BytesIO):
    """The JSON-LD context, as the network would give it."""

    url, status_code = CONTEXT, 200
    headers = Message()
    headers["Content-Type"] = "application/ld+json"

    def __init__(self, asked: Any, **_: Any) -> None:
        assert CONTEXT in (asked, getattr(asked, "full_url", None)), "asked the network for more"
        super().__init__(files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes())

    def json(self) -> Any:
        return json.loads(self.getvalue())

    def info(self) -> Message:
        return self.headers

    def geturl(self) -> str:
        return self.url


@pytest.mark.filterwarnings("ignore")  # of the validator's own libraries
def test_the_validator_of_ro_crates_finds_it_valid(
    exchanged: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks the network for the context; here the copy in the package `rocrate` answers."""
    from rocrate_validator import models, services
    from rocrate_validator.utils import http

    monkeypatch.setattr(http.HttpRequester, "get", lambda _, url, **__: Answer(url), raising=False)
    monkeypatch.setattr("rdflib.parser._urlopen", Answer)
    monkeypatch.setattr("urllib.request.urlopen", Answer)
    crate = exchanged / "results/provenance/ro-crate-metadata.json"

    def problems(severity: models.Severity) -> set[str]:
        settings = services.ValidationSettings(
            rocrate_uri=str(crate.parent),
            profile_identifier="process-run-crate-0.5",
            requirement_severity=severity,
        )
        return {issue.check.identifier for issue in services.validate(settings).get_issues()}

    assert problems(models.Severity.REQUIRED) == set()
    # And it does look: an action without its instrument is no process run.
    whole = crate.read_text(encoding="utf-8")
    crate.write_text(whole.replace('"instrument"', '"tool"'), encoding="utf-8")
    assert any(name.startswith("process-run-crate") for name in problems(models.Severity.REQUIRED))
    crate.write_text(whole, encoding="utf-8")


def test_a_run_tells_of_the_jobs_that_it_ran(study: Study) -> None:
    def jobs() -> dict[str, dict[str, Any]]:
        text = (study / "results/provenance/ro-crate-metadata.json").read_text("utf-8")
        found = [e for e in json.loads(text)["@graph"] if e["@id"].startswith("#job-")]
        return {job["name"]: job for job in found}

    before = jobs()
    (study / "results/report/changes.html").unlink()
    study.run()
    after = jobs()
    # Numbered in the order of time, so a later job moves the numbers of others.
    began = {name: job["startTime"] for name, job in before.items()}
    assert {name for name in after if after[name]["startTime"] != began[name]} == {
        "changes",
        "identifiers",
    }
    assert after["changes"]["startTime"] > max(job["endTime"] for job in before.values())


def test_every_reference_of_the_crate_resolves(graph: dict[str, Any]) -> None:
    text = json.dumps(graph)
    outside = {"https://w3id.org/ro/crate/1.1", "https://spdx.org/licenses/MIT"}
    assert set(re.findall(r'\{"@id": "([^"]+)"\}', text)) - outside <= set(graph)
