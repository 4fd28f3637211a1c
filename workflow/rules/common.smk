# Contract: CONFIG is the checked configuration as plain JSON values; DELIVERIES the deliveries
# found, by feed and id. Every rule carries `spec` (the part of the configuration it uses), `digests`
# (the content of the files it depends on) and `code` (what its script runs).
import os
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from remit import roots
from remit.errors import RemitError
from remit.machinery import course, shards, snakemake_side
from remit.machinery import deliveries as delivered
from remit.machinery.digests import CodeDigests, FileDigests
from remit.machinery.lock import hold_run
from remit.machinery.write import write_text
from remit.plan import config as configuration
from remit.plan import resources
from remit.plan.level import significance
from remit.privacy.key import guard_key

MEMORY = Path(".snakemake/remit")
DOMAINS = ["dm", "ex", "lb", "qs", "cm", "ae"]
FILE_DIGESTS = FileDigests(MEMORY / "digests.json")
CHECKED = MEMORY / "plan.json"
CODE_DIGESTS = CodeDigests(MEMORY / "code.json")


if not snakemake_side.named_on_the_command_line(workflow):
    try:
        configuration.look_over("config.yaml")
    except RemitError as error:
        raise WorkflowError(str(error))

    configfile: "config.yaml"

    if not config:
        # Of a module whose importer hands on an empty configuration Snakemake passes over `configfile`.
        config.update(configuration.read("config.yaml"))


def found_deliveries():
    # A job that starts its own Snakemake must see the deliveries the run began with: a file that
    # arrives meanwhile belongs to the next run.
    if not snakemake_side.is_main_process(workflow):
        if (frozen := delivered.frozen()) is not None:
            return frozen
    extracts = Path(CONFIG["study"]["extracts"])
    return delivered.scan(extracts, CONFIG["feeds"], FILE_DIGESTS)


try:
    CONFIG = configuration.check(config, snakemake_side.config_files(workflow), CHECKED)
    # Its jobs find the dictionaries of the plan's packs by it.
    os.environ[roots.PACKS] = " ".join(CONFIG["packs"])
    DELIVERIES = {(found.feed, found.id): found for found in found_deliveries()}
    delivered.refuse_lost_decisions(CONFIG["study"]["decisions"], DELIVERIES.values())
except RemitError as error:
    raise WorkflowError(str(error))


def begin():
    """Called once when a run starts; a dry run writes nothing."""
    try:
        hold_run(MEMORY)
        study = CONFIG["study"]
        course.guard_study(study["id"])
        guard_key(Path(study["pseudonym_key"]), Path("results/private"), study["id"])
    except RemitError as error:
        raise WorkflowError(str(error))
    FILE_DIGESTS.remember()
    CODE_DIGESTS.remember()
    if (checked := configuration.checked()) is not None:
        write_text(CHECKED, checked)
    delivered.freeze(list(DELIVERIES.values()), MEMORY)
    snakemake_side.schedule_at_once(workflow)


def end(log):
    """Called once when a run has succeeded."""
    whole = {table: [table, *parts(table)] for table in COMBINED}
    divided = {
        table: parts(table) for table in [*HARMONIZED, *ingested("accepted.parquet")]
    }
    named = {
        "results/figures": [*FIGURES, "vega"],
        "results/summaries": [*SUMMARIES, "what_if"],
        "results/tables": [*SHOWN_TABLES, *LISTINGS],
    }
    course.tidy(MEMORY, DELIVERIES, whole | divided, SHARDS, named)
    course.tell_provenance(snakemake_side.config_files(workflow)[-1], log)
    course.tell_status(snakemake_side.config_files(workflow)[-1])


snakemake_side.on_run(workflow, begin, end)

SIZES = {
    key: sum(Path(file).stat().st_size for file in found.files)
    for key, found in DELIVERIES.items()
}
EXTRACTS_MB = sum(SIZES.values()) / 1e6
SHARDS = shards.names(shards.count(CONFIG["study"]["shards"], round(EXTRACTS_MB * 1e6)))


wildcard_constraints:
    feed="[A-Za-z0-9_]+",
    delivery="[a-z0-9-]+",
    domain="|".join(DOMAINS),
    shard="[0-9]+",


@cache
def code(script):
    return CODE_DIGESTS.digest(roots.CODE / "scripts" / f"{script}.py")


@cache
def digests(*names):
    """The content of what a rule takes from `resources/`, Remit's and the study's, by its name.

    A parameter without a label has the name of its dictionary.
    """
    named = ["analytes", "derived_parameters"] if "labels" in names else []
    return {
        name: [FILE_DIGESTS.sha256(file) for file in resources.files(name)]
        for name in sorted({*names, *named})
    }


def joined(feed):
    """The content of the tables of the study's folder that a feed joins."""
    tables = [
        Path(each["dictionary"])
        for each in CONFIG["feeds"][feed].get("join") or []
        if each.get("dictionary")
    ]
    return {
        str(table): FILE_DIGESTS.sha256(table) for table in tables if table.is_file()
    }


def links():
    """The content of the table of numbers that are one person's."""
    table = CONFIG["study"]["links"]
    found = table is not None and Path(table).is_file()
    return {table: FILE_DIGESTS.sha256(Path(table))} if found else {}


def definition_digests():
    files = resources.definitions()
    return {
        f"definitions/{name}": FILE_DIGESTS.sha256(files[name])
        for name in CONFIG["responses"]["definitions"]
    }


def page_digests(*figures):
    """The content of the pages' templates and of the captions that stand on them."""
    pages = roots.CODE / "workflow" / "report"
    captions = [pages / f"{CAPTIONS}/{figure}.rst" for figure in figures]
    files = [*sorted(path for path in pages.iterdir() if path.is_file()), *captions]
    return {str(file.relative_to(pages)): FILE_DIGESTS.sha256(file) for file in files}


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


def memory_of(megabytes):
    """So many MB, and more on a retry."""
    return lambda wildcards, attempt: attempt * round(megabytes)


def memory(megabytes, per_megabyte):
    """Peak MB of a shard's job, from the extracts behind it (docs/scale.md)."""
    return memory_of(megabytes + per_megabyte * EXTRACTS_MB / len(SHARDS))


def harmonized(domain):
    return parts(f"results/harmonized/{domain}.parquet")


def ingested(name, domain=None, below="results"):
    return [
        f"{below}/ingested/{feed}/{id}/{name}"
        for feed, id in DELIVERIES
        if domain in (None, CONFIG["feeds"][feed]["domain"])
    ]


# The dictionaries that decide what becomes of the rows of a domain.
LABORATORY = [
    "analytes",
    "names",
    "units",
    "unit_words",
    "ucum",
    "conversions",
    "results",
]
DICTIONARIES = {"lb": LABORATORY, "qs": ["questionnaires"]}

# What says in the study's language what a result shows, below `workflow/report`.
CAPTIONS = {"en": "captions", "zh": "captions/zh"}[CONFIG["study"]["language"]]


def drawn(figure):
    """The files of a figure; the SVG is the one that Snakemake's own report shows."""
    return {
        "svg": report(
            f"results/figures/{figure}.svg",
            caption=f"../report/{CAPTIONS}/{figure}.rst",
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
            caption=f"../report/{CAPTIONS}/tables.rst",
            category="Tables",
            labels={"table": table.replace("_", " ")},
        )
        for table in tables
    }
    forms = ("csv", "docx", "rtf")
    files = [f"results/tables/{table}.{form}" for table in tables for form in forms]
    return shown | {"files": files}


# The figures that are drawn, each with its options.
FIGURES = {name: options for name, options in CONFIG["figures"].items() if options}

# What those say that show confidence intervals.
INTERVALS = {"conf_level": CONFIG["statistics"]["conf_level"]}
# What those say that show response classes.
CATEGORIES = {"categories": CONFIG["categories"]}


def shown(block, **more):
    """A figure's or table's options with what all of them carry: language and the study's note."""
    study = CONFIG["study"]
    return block | {"language": study["language"], "note": study["note"]} | more


def delivery_spec(feed, delivery):
    """All that decides what becomes of one delivery."""
    return {
        "study": {
            key: CONFIG["study"][key]
            for key in (
                "id",
                "extracts",
                "pseudonym_key",
                "cutoff",
                "timezone",
                "decisions",
                "subject_ids",
                "links",
            )
        },
        "feed": feed,
        "delivery": delivery,
        "columns": CONFIG["feeds"][feed],
        "files": DELIVERIES[feed, delivery].files,
        "decisions": delivered.decisions(
            CONFIG["study"]["decisions"], DELIVERIES[feed, delivery]
        ),
        "digests": digests(
            "codes", *DICTIONARIES.get(CONFIG["feeds"][feed]["domain"], [])
        )
        | joined(feed)
        | links(),
        "code": code("ingest"),
    }


def of_batch(path, members):
    """A file of each delivery of a batch."""
    return [
        file
        for feed, delivery in members
        for file in expand(path, feed=feed, delivery=delivery, shard=SHARDS)
    ]
