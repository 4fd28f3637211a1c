"""`remit provenance`: write `results/provenance/`, the one place where a run's facts are kept."""

import base64
import csv
import hashlib
import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import polars as pl

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.lineage.provenance import File, Job, Run, crate, reasons
from remit.machinery.deliveries import folder_of
from remit.machinery.digests import sha256
from remit.machinery.write import write_text

ASIDE = {"private", "logs", "benchmarks", "provenance", "exchange"}

#: What a run executes.
SOURCES = ("Snakefile", "workflow/**/*.py", "workflow/**/*.smk", "scripts/*.py", "schemas/**/*.py")


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    of_study(parser)


def run(given: Namespace) -> int:
    """Write the crate of the results as they stand."""
    study = Study.of(given)
    made = crate(_run(study))
    path = study.results / "provenance" / "ro-crate-metadata.json"
    metadata = json.dumps(made.metadata.generate(), ensure_ascii=False, indent=1, sort_keys=True)
    write_text(path, metadata + "\n")
    print(f"Provenance is at {path}")
    return 0


def _run(study: Study) -> Run:
    about = study.plan["study"]
    return Run(
        study=about["id"],
        title=about["title"],
        note=about.get("note", ""),
        license=about.get("license", "https://spdx.org/licenses/MIT"),
        inputs=[*_extracts(study), *_plan(study)],
        outputs=list(_outputs(study)),
        jobs=list(_jobs(study)),
        libraries={found.name: found.version for found in distributions()},
        code=_code(Path(__file__).parents[3]),
    )


def _extracts(study: Study) -> Iterator[File]:
    """The source files as they were read, by the ledger of ingest."""
    top, feeds = Path(study.plan["study"]["extracts"]), study.plan["feeds"]
    # Several feeds may read one file.
    read: Counter[tuple[Path, str]] = Counter()
    with (study.results / "ingested/ledger.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            path = folder_of(top, row["feed"], feeds) / row["source_file"]
            read[path, row["source_sha256"]] += int(row["read"])
    for (path, digest), rows in read.items():
        there = study.folder / path
        yield File(str(path), digest, there.stat().st_size if there.is_file() else 0, rows)


def _plan(study: Study) -> Iterator[File]:
    """The config, the dictionaries and the definitions."""
    resources = study.folder / "resources"
    files = [study.config, *resources.glob("*.csv"), *resources.glob("definitions/*.yaml")]
    for path in sorted(files):
        yield _file(study, path)


def _outputs(study: Study) -> Iterator[File]:
    for path in sorted(study.results.rglob("*")):
        if path.is_file() and not ASIDE & set(path.relative_to(study.results).parts):
            rows = None
            if path.suffix == ".parquet":
                rows = pl.scan_parquet(path).select(pl.len()).collect().item()
            yield _file(study, path, rows)


def _file(study: Study, path: Path, rows: int | None = None) -> File:
    name = str(path.relative_to(study.folder))
    return File(name, sha256(path), path.stat().st_size, rows)


def _jobs(study: Study) -> Iterator[Job]:
    """What Snakemake noted of each job, and why it ran, from its logs."""
    logs = sorted((study.folder / ".snakemake/log").glob("*.log"))
    why: dict[str, str] = {}
    for log in logs:
        why |= reasons(log.read_text(encoding="utf-8", errors="replace"))
    jobs: dict[int, tuple[dict[str, Any], list[str]]] = {}
    metadata = study.folder / ".snakemake/metadata"
    for path in sorted(metadata.rglob("*")):
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf-8"))
            name = "".join(part.removeprefix("@") for part in path.relative_to(metadata).parts)
            output = base64.urlsafe_b64decode(name).decode()
            if "private" not in Path(output).parts and (study.folder / output).is_file():
                jobs.setdefault(record["job_hash"], (record, []))[1].append(output)
    for record, outputs in jobs.values():
        told = next((why[output] for output in outputs if output in why), None)
        yield Job(
            record["rule"],
            tuple(sorted(record["input"] or [])),
            tuple(sorted(outputs)),
            _time(record["starttime"]),
            _time(record["endtime"]),
            told,
        )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _code(top: Path) -> str:
    """The commit that is checked out, if any, and a digest of the sources as they are."""
    git = top / ".git"
    if git.is_file():  # a work tree names its folder
        git = top / git.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")
    commit = "no commit"
    if (git / "HEAD").is_file():
        commit = (git / "HEAD").read_text(encoding="ascii").strip()
        ref = git / commit.removeprefix("ref: ")
        commit = ref.read_text(encoding="ascii").strip() if ref.is_file() else commit
    sources = hashlib.sha256()
    for path in sorted(path for files in SOURCES for path in top.glob(files)):
        sources.update(f"{path.relative_to(top)} {sha256(path)}\n".encode())
    return f"{commit}, sources {sources.hexdigest()[:16]}"
