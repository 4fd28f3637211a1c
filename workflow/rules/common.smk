# Contract: CONFIG is the checked configuration as plain JSON values; DELIVERIES the deliveries
# found, by feed and id. Every rule carries `spec` (the part of the configuration it uses), `digests`
# (the content of the files it depends on) and `code` (what its script runs).
import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from remit.plan import config as configuration
from remit.machinery import deliveries as delivered
from remit.machinery import shards
from remit.machinery.digests import CodeDigests, FileDigests
from remit.errors import RemitError
from remit.privacy.key import guard_key
from remit.machinery.lock import hold_run
from remit.plan.cross_checks import significance
from remit.machinery.write import forget_partial

ROOT = Path(workflow.basedir)
MEMORY = Path(".snakemake/remit")
DOMAINS = ["dm", "ex", "lb", "qs", "cm", "ae"]
FILE_DIGESTS = FileDigests(MEMORY / "digests.json")
CODE_DIGESTS = CodeDigests((ROOT / "workflow",), MEMORY / "code.json")


if not workflow.overwrite_configfiles:
    try:
        configuration.look_over("config.yaml")
    except RemitError as error:
        raise WorkflowError(str(error))

    configfile: "config.yaml"


def checked_config():
    files = workflow.overwrite_configfiles or workflow.configfiles
    return configuration.check(config, ROOT, [str(file) for file in files])


def found_deliveries():
    # A job that starts its own Snakemake must see the deliveries the run began with: a file that
    # arrives meanwhile belongs to the next run.
    if not workflow.is_main_process and (frozen := delivered.frozen()) is not None:
        return frozen
    extracts = Path(CONFIG["study"]["extracts"])
    return delivered.scan(extracts, CONFIG["feeds"], FILE_DIGESTS)


def freeze_deliveries():
    """Called once when a run starts; a dry run writes nothing."""
    try:
        hold_run(MEMORY)
        study = CONFIG["study"]
        guard_key(Path(study["pseudonym_key"]), Path("results/private"), study["id"])
    except RemitError as error:
        raise WorkflowError(str(error))
    FILE_DIGESTS.remember()
    CODE_DIGESTS.remember()
    delivered.freeze(list(DELIVERIES.values()), MEMORY)


try:
    CONFIG = checked_config()
    DELIVERIES = {(found.feed, found.id): found for found in found_deliveries()}
except RemitError as error:
    raise WorkflowError(str(error))

EXTRACTS_MB = sum(
    Path(file).stat().st_size / 1e6
    for found in DELIVERIES.values()
    for file in found.files
)
SHARDS = shards.names(
    shards.count(CONFIG["study"].get("shards", 1), round(EXTRACTS_MB * 1e6))
)


wildcard_constraints:
    feed="[A-Za-z0-9_]+",
    delivery="[a-z0-9-]+",
    domain="|".join(DOMAINS),
    shard="[0-9]+",


def code(script):
    return CODE_DIGESTS.digest(ROOT / "scripts" / f"{script}.py")


def digests(*files):
    return {file: FILE_DIGESTS.sha256(Path(file)) for file in files}


def spec(*sections):
    return {section: CONFIG[section] for section in sections}


def sharded(path):
    """Where the job of a shard keeps what an undivided study has in `path`."""
    if len(SHARDS) == 1:
        return path
    stem, _, suffix = path.rpartition(".")
    return f"{stem}/{{shard}}.{suffix}"


def parts(path):
    """What all shards have of `path`."""
    return expand(sharded(path), shard=SHARDS, allow_missing=True)


def memory(megabytes, per_megabyte):
    """Peak MB of a shard's job, from the extracts behind it (docs/scale.md); more on a retry."""
    estimate = round(megabytes + per_megabyte * EXTRACTS_MB / len(SHARDS))
    return lambda wildcards, attempt: attempt * estimate


def harmonized(domain):
    return parts(f"results/harmonized/{domain}.parquet")


def ingested(name, domain=None, below="results"):
    return [
        f"{below}/ingested/{feed}/{id}/{name}"
        for feed, id in DELIVERIES
        if domain in (None, CONFIG["feeds"][feed]["domain"])
    ]


def decisions(wildcards):
    """The signed decisions about rows of one delivery, so that a new one reruns this delivery alone."""
    path = CONFIG["study"].get("decisions")
    if path is None:
        return []
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    mine = (wildcards.feed, wildcards.delivery)
    return [line for line in lines if (line.get("feed"), line.get("delivery")) == mine]


def write_provenance(logs):
    """Tell of the results as they stand, in a process of its own, when a run has made them all."""
    said = (Path(path).read_text(encoding="utf-8", errors="replace") for path in logs)
    if not any(re.search(r"rule\sall:", text) for text in said):
        return
    configs = workflow.overwrite_configfiles or workflow.configfiles
    libraries = os.pathsep.join([str(ROOT), str(ROOT / "workflow")])
    subprocess.run(
        [sys.executable, "-m", "remit", "provenance", "--configfile", str(configs[-1])],
        env=os.environ | {"PYTHONPATH": libraries},
        check=True,
    )


def forget_withdrawn(deliveries):
    """Delete what was ingested from extracts that are no longer there."""
    for folder in ("results/ingested", "results/private/ingested"):
        for path in Path(folder).glob("*/*/"):
            if (path.parent.name, path.name) not in deliveries:
                shutil.rmtree(path)


def forget_other_shards(whole, divided):
    """Delete what was written when the study had another number of shards.

    `whole` are the tables that exist undivided too, `divided` those that do not.
    """
    for table in [*whole, *divided]:
        folder = Path(table).with_suffix("")
        stale = {*folder.glob("*.parquet")} | ({Path(table)} - {*map(Path, whole)})
        for path in stale - {*map(Path, parts(table))}:
            path.unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    for folder in (MEMORY / "kept").glob("*/*"):
        if folder.name not in SHARDS or len(SHARDS) == 1:
            shutil.rmtree(folder)


DICTIONARIES = "resources"
LABORATORY = ["analytes", "units", "ucum", "conversions", "results"]
USED = {"lb": LABORATORY, "qs": ["questionnaires"]}
EVERY_DICTIONARY = [
    f"{DICTIONARIES}/{name}.csv" for name in [*LABORATORY, "questionnaires"]
]


def used_dictionaries(wildcards):
    """The dictionaries that decide what becomes of a feed's rows."""
    names = USED.get(CONFIG["feeds"][wildcards.feed]["domain"], [])
    return [f"{DICTIONARIES}/{name}.csv" for name in names]


# What says in the study's language what a result shows, below `workflow/`.
CAPTIONS = {"en": "report/captions", "zh": "report/captions/zh"}[
    CONFIG["study"]["language"]
]


def drawn(figure):
    """The files of a figure; the SVG is the one that Snakemake's own report shows."""
    return {
        "svg": report(
            f"results/figures/{figure}.svg",
            caption=f"../{CAPTIONS}/{figure}.rst",
            category="Figures",
            labels={"figure": figure.replace("_", " ")},
        ),
        "png": f"results/figures/{figure}.png",
        "pdf": f"results/figures/{figure}.pdf",
        "html": f"results/figures/{figure}.html",
        "json": f"results/figures/{figure}.json",
    }


def tabled(tables):
    """The files of tables; the HTML is the one that Snakemake's own report shows."""
    shown = {
        table: report(
            f"results/tables/{table}.html",
            caption=f"../{CAPTIONS}/tables.rst",
            category="Tables",
            labels={"table": table.replace("_", " ")},
        )
        for table in tables
    }
    forms = ("csv", "docx", "rtf")
    files = [f"results/tables/{table}.{form}" for table in tables for form in forms]
    return shown | {"files": files}


# What those say that show confidence intervals.
INTERVALS = {"conf_level": CONFIG["statistics"]["conf_level"]}
# What those say that show response classes.
CATEGORIES = {"categories": CONFIG["categories"]}


def shown(block, **more):
    """A figure's or table's options with what all of them carry: language and the study's note."""
    study = CONFIG["study"]
    return block | {"language": study["language"], "note": study.get("note", "")} | more
