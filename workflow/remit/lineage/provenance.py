"""What a run was made of, as an RO-Crate: inputs, jobs and why they ran, code, libraries, outputs.

https://w3id.org/ro/crate/1.1 with the profile of process runs, https://w3id.org/ro/wfrun/process/0.5.
Files are named by their content (RFC 6920, `ni:///sha-256;…`), so the crate says the same wherever it
is read, and holds no data.
"""

import base64
import mimetypes
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from rocrate.model.contextentity import ContextEntity
from rocrate.model.data_entity import DataEntity
from rocrate.rocrate import ROCrate

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", re.MULTILINE)
FIELD = re.compile(r"^    (output|reason): (.*)$", re.MULTILINE)


class File(NamedTuple):
    """A file that was read or written: its path in the study, its bytes, and its rows if counted."""

    path: str
    sha256: str
    size: int
    rows: int | None = None


class Job(NamedTuple):
    """One job: its rule, its files by path, when it ran (ISO 8601) and why."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    began: str
    ended: str
    reason: str | None


class Run(NamedTuple):
    """Everything that is known of a run."""

    study: str
    title: str
    note: str
    license: str
    inputs: list[File]
    outputs: list[File]
    jobs: list[Job]
    libraries: Mapping[str, str]
    code: str


def crate(run: Run) -> ROCrate:
    """The crate of a run: one CreateAction a job, and one for the whole."""
    made = ROCrate(version="1.1")
    made.name = f"Provenance of {run.study}: {run.title}"
    made.description = run.note or "How the results of a Remit study came about."
    license = {"@type": "CreativeWork", "name": "License of the results"}
    made.root_dataset["license"] = made.add(ContextEntity(made, run.license, license))
    profile = made.add(
        ContextEntity(
            made, PROFILE, {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
        )
    )
    made.root_dataset["conformsTo"] = profile
    files = {file.path: _file(made, file) for file in [*run.inputs, *run.outputs]}
    # A library is named by its package URL, https://github.com/package-url/purl-spec.
    tools = [
        _software(made, name, version, f"pkg:pypi/{name.lower()}@{version}")
        for name, version in sorted(run.libraries.items())
    ]
    remit = _software(made, "remit", run.code, "#remit")
    remit["softwareRequirements"] = tools
    rules = sorted(Counter(job.rule for job in run.jobs).items())
    whole = {
        "@type": "CreateAction",
        "name": f"Analysis of {run.study}",
        "description": "Jobs behind the results: " + ", ".join(f"{rule} {n}" for rule, n in rules),
        "startTime": min((job.began for job in run.jobs), default=None),
        "endTime": max((job.ended for job in run.jobs), default=None),
    }
    actions = [_action(made, "#run", whole, remit, files, _paths(run.inputs), _paths(run.outputs))]
    for place, job in enumerate(sorted(run.jobs, key=lambda job: (job.began, job.outputs)), 1):
        about: dict[str, str | None] = {
            "@type": "CreateAction",
            "name": job.rule,
            "startTime": job.began,
            "endTime": job.ended,
            "description": job.reason,
        }
        rule = f"#job-{place}"
        actions.append(_action(made, rule, about, remit, files, job.inputs, job.outputs))
    made.root_dataset["mentions"] = actions
    return made


def reasons(log: str) -> dict[str, str]:
    """Why each job of a Snakemake log ran, by every file that it wrote."""
    told: dict[str, str] = {}
    for _, body in JOB.findall(log):
        fields = dict(FIELD.findall(body))
        if "output" in fields and "reason" in fields:
            told |= dict.fromkeys(fields["output"].split(", "), fields["reason"])
    return told


def name_of(sha256: str) -> str:
    """The name of a content by RFC 6920."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def _paths(files: Iterable[File]) -> list[str]:
    return [file.path for file in files]


def _file(made: ROCrate, file: File) -> DataEntity:
    """The entity of a content; a second file of the same bytes is another name of it."""
    known = made.dereference(name_of(file.sha256))
    if known is not None:
        known["alternateName"] = sorted({*_listed(known.get("alternateName")), file.path})
        return known
    about: dict[str, Any] = {
        "@type": "File",
        "name": file.path,
        "encodingFormat": _format(file.path),
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }
    if file.rows is not None:
        about["description"] = f"{file.rows} rows"
    return made.add(DataEntity(made, name_of(file.sha256), about))


#: What Python's list of media types does not know.
_FORMATS = {".parquet": "application/vnd.apache.parquet", ".yaml": "application/yaml"}


def _format(path: str) -> str:
    known = _FORMATS.get(PurePath(path).suffix) or mimetypes.guess_type(path)[0]
    return known or "application/octet-stream"


def _software(made: ROCrate, name: str, version: str, identifier: str) -> ContextEntity:
    about = {"@type": "SoftwareApplication", "name": name, "softwareVersion": version}
    return made.add(ContextEntity(made, identifier, about))


def _action(
    made: ROCrate,
    identifier: str,
    about: Mapping[str, Any],
    instrument: ContextEntity,
    files: Mapping[str, DataEntity],
    inputs: Iterable[str],
    outputs: Iterable[str],
) -> ContextEntity:
    action = made.add(
        ContextEntity(made, identifier, {key: value for key, value in about.items() if value})
    )
    action["instrument"] = instrument
    for role, paths in (("object", inputs), ("result", outputs)):
        known = [files[path] for path in paths if path in files]
        entities = list({entity.id: entity for entity in known}.values())
        if entities:
            action[role] = entities if len(entities) > 1 else entities[0]
    return action


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []
