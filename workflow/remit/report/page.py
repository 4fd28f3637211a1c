"""The report: one page that stands alone, assembled from figures, tables and the plan."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from remit import roots
from remit.analysis.subjects import flow
from remit.figures.figure import EMBED_OPTIONS, POLICY, script_json
from remit.figures.frames import short_names, visit_names
from remit.figures.patient import patient_chart, patient_data
from remit.plan.categories import categories, criteria, label
from remit.plan.level import significance
from remit.report.methods import contradictions, in_words, methods
from remit.report.narrative import results
from remit.report.trace import FIELDS, shown_value, trace
from remit.tables.of_checks import checks
from remit.tables.of_statistics import TABLES
from remit.words.labels import Labels, message, why
from remit.words.numbers import number, unit

DATASETS = (
    *("subjects", "visits", "responses", "criteria", "events", "event_records"),
    *("adverse_events", "exposure"),
)
DOMAINS = ("dm", "ex", "lb", "qs", "cm", "ae")
STATISTICS = tuple(TABLES)
LEDGERS = ("ledger", "quarantine", "unmapped")
LIBRARIES = (
    *("altair", "great-tables", "lifelines", "numpy", "pandera", "pingouin", "polars"),
    *("scipy", "snakemake", "vl-convert-python"),
)


def content(
    datasets: Mapping[str, pl.DataFrame],
    statistics: Mapping[str, pl.DataFrame],
    ard: pl.DataFrame,
    ledgers: Mapping[str, pl.DataFrame],
    summaries: Mapping[str, pl.DataFrame],
    findings: Mapping[str, pl.DataFrame],
    dictionaries: Mapping[str, pl.DataFrame],
    spec: Mapping[str, Any],
    say: Labels,
) -> dict[str, Any]:
    """All that the page says beyond figures and definitions.

    Args:
        datasets: the analysis data sets and harmonized domains by the names of DATASETS and DOMAINS.
        statistics: the wide statistics by the names of STATISTICS, and sensitivity and
            regression_to_mean.
        ard: the same as analysis results data, of which the methods tell.
        ledgers: the tables of harmonization by the names of LEDGERS.
        summaries: the summaries by their names, what_if among them.
        findings: the tables of data quality: summary, over_time and queries.
        dictionaries: what derived records were made with, by the names of DICTIONARIES.
        spec: the config's study, derivations, subjects, visits, responses, events, statistics,
            tables and report.
        say: labels.
    """
    subjects = datasets["subjects"]
    asked = options(spec)
    tables = {
        name: build(statistics[name], asked, say)
        for name, build in TABLES.items()
        if statistics[name].height
    }
    tables |= checks(
        statistics, summaries, findings, ledgers["ledger"], subjects, spec["tables"], say
    )
    told = results(
        subjects,
        statistics,
        spec["tables"]
        | spec["report"]
        | {
            "alpha": significance(spec["statistics"]),
            **{key: spec[key] for key in ("categories", "collected")},
            "population": spec["statistics"]["population"],
        },
        say,
    )
    queries = [c.records for t in tables.values() for row in t.rows for c in row.values()]
    queries += [query for sentence in told for query in _queries(sentence)]
    records, positions = trace(queries, datasets, spec, dictionaries)
    place = FIELDS.index("ROLE")
    records = [(*r[:place], say.of("role", r[place]), *r[place + 1 :]) for r in records]
    linked = {query for query, found in positions.items() if found}
    shown: list[str] = []
    if spec["report"]["patients"]:
        shown = subjects.filter(SAFFL="Y")["USUBJID"].sort().to_list()
    return {
        "study": spec["study"],
        "results": told,
        "flow": _steps(subjects, say),
        "tables": {
            name: {"title": table.title, "html": Markup(table.html(linked))}
            for name, table in tables.items()
        },
        "patients": [_patient(datasets, patient, say) for patient in shown],
        "charts": {
            "spec": patient_chart(say, spec["collected"]),
            "datasets": [
                patient_data(
                    datasets["visits"],
                    datasets["exposure"],
                    datasets["adverse_events"],
                    patient,
                    say,
                )
                for patient in shown
            ],
        },
        "quality": quality(ledgers["ledger"], ledgers["quarantine"], ledgers["unmapped"], say),
        "changed": None,
        "methods": [
            *methods(spec, say, ard),
            *contradictions(spec["study"]["conflicts"], ledgers["ledger"], say),
        ],
        "plan": "",
        "versions": versions(),
        "trace": {"fields": FIELDS, "records": records, "positions": positions},
    }


def render(
    page: Mapping[str, Any], say: Labels, javascript: str = "", template: str = "report.html.j2"
) -> str:
    """The whole HTML page.

    Args:
        page: what `content` gives, with `figures`, `definitions` and, where results were released, what
            `changes.changes` found as `changed`.
        say: labels, which the templates call `say`.
        javascript: what draws the figures (`figure.javascript`); a page without figures has none.
        template: the name of the page's template.
    """
    environment = Environment(
        loader=FileSystemLoader(roots.CODE / "workflow/report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = lambda value: Markup(script_json(value))
    return environment.get_template(template).render(
        **page,
        say=say,
        policy=POLICY,
        javascript=Markup(javascript),
        embed_options=EMBED_OPTIONS,
    )


def quality(
    ledger: pl.DataFrame, quarantine: pl.DataFrame, unmapped: pl.DataFrame, say: Labels
) -> dict[str, Any]:
    """What a data manager works from.

    Args:
        ledger: one row per source file with the number of its rows by fate.
        quarantine: one line per broken rule.
        unmapped: tests no dictionary knows, with counts.
        say: labels.

    Returns:
        ledger and its totals, quarantine by rule, every quarantined row, unmapped tests.
    """
    counts = [c for c, kind in ledger.schema.items() if kind.is_integer()]
    by_rule = (
        quarantine.group_by("rule")
        .agg(rows=pl.struct("source_file", "source_line").n_unique())
        .sort(["rows", "rule"], descending=[True, False])
    )
    return {
        "counts": counts,
        "ledger": ledger.to_dicts(),
        "totals": ledger.select(pl.col(counts).sum()).row(0, named=True),
        "rules": [row | {"rule": say.of("check", row["rule"])} for row in by_rule.to_dicts()],
        "quarantine": [
            row
            | {key: message(row[key] or "", say) for key in ("message", "proposal")}
            | {"rule": say.of("check", row["rule"])}
            for row in quarantine.to_dicts()
        ],
        "unmapped": unmapped.to_dicts(),
        "unmapped_columns": unmapped.columns,
    }


def definitions(given: Iterable[Mapping[str, Any]], say: Labels) -> list[dict[str, Any]]:
    """Every response definition in words, with its citation and the strength of its source."""
    return [
        {
            **{key: definition[key] for key in ("id", "version", "citation", "evidence")},
            "title": title if (title := say.of("definition", id)) != id else definition["title"],
            "meaning": say.of("evidence", str(definition["evidence"])),
            "remarks": [definition[key] for key in ("source", "note") if key in definition],
            "categories": {
                label(category, say.language): in_words(criteria(definition)[code], say)
                for category in categories(definition)
                if (code := category["code"]) in criteria(definition)
            },
        }
        for definition in given
        for id in [str(definition["id"])]
    ]


def versions() -> dict[str, str]:
    """Remit's own libraries and their versions."""
    return {name: version(name) for name in LIBRARIES}


def figure(name: str, spec_json: str, language: str) -> dict[str, Any]:
    """A saved Vega-Lite figure as the page embeds it, with its caption."""
    spec = json.loads(spec_json)
    caption = (roots.CODE / captions(language) / f"{name}.rst").read_text(encoding="utf-8")
    title = spec["title"]["text"]
    return {
        "name": name,
        "title": title if isinstance(title, str) else " ".join(title),
        "alt": spec["description"],
        "caption": " ".join(caption.split()),
        "spec": spec,
    }


def captions(language: str) -> str:
    """The folder of the captions of one language, below the code."""
    return "workflow/report/captions" + ("" if language == "en" else f"/{language}")


def options(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the tables of `tables.TABLES` are made by."""
    return {
        **spec["tables"],
        "note": spec["study"]["note"],
        "conf_level": spec["statistics"]["conf_level"],
        "categories": spec["categories"],
    }


def _steps(subjects: pl.DataFrame, say: Labels) -> list[dict[str, Any]]:
    """The flow of patients: every step with its number, and who was left out before it, and why."""
    steps: dict[str, dict[str, Any]] = {}
    for row in flow(subjects).iter_rows(named=True):
        if row["reason"] is None:
            steps[row["step"]] = {"step": row["step"], "n": row["n"], "left": []}
        else:
            says = "report.left" if row["n"] > 0 else "report.back"
            left = {"n": abs(row["n"]), "reason": why(row["reason"], say), "says": says}
            steps[row["step"]]["left"].append(left)
    return list(steps.values())


def _patient(datasets: Mapping[str, pl.DataFrame], patient: str, say: Labels) -> dict[str, Any]:
    """The heading of a patient's page, its chart in words, and every record behind it."""
    subject = datasets["subjects"].row(by_predicate=pl.col("USUBJID") == patient, named=True)
    short = short_names(datasets["subjects"])[patient]
    records = datasets["visits"].filter(
        pl.col("USUBJID") == patient, pl.col("DTYPE").ne_missing("LOV")
    )
    summary = say(
        "report.patient",
        sex=say.of("SEX", subject["SEX"] or ""),
        age=number(subject["AGE"], 0),
        days=subject["TRTDURD"],
        doses=subject["NDOSES"],
        status=say.of("status", subject["EOSSTT"] or ""),
    )
    sorted_ = records.sort("PARAMN", "ADY")
    names = {
        code: given if (name := say.of("param", code)) == code else name
        for code, given in sorted_.select("PARAMCD", "PARAM").unique().iter_rows()
    }
    units = {u: say.of("unit", unit(u)) for u in sorted_["AVALU"].drop_nulls().unique()}
    reasons = {r: why(r, say) for r in sorted_["SELRSN"].drop_nulls().unique()}
    rows = sorted_.select(
        pl.col("PARAMCD").replace(names),
        visit_names(sorted_.with_columns(pl.col("AVISIT").fill_null("")), say).fill_null(""),
        pl.col("ADT").cast(pl.String),
        "ADY",
        pl.coalesce("AVALC", shown_value()).fill_null(""),
        pl.col("AVALU").replace(units).fill_null(""),
        pl.col("SELRSN").replace(reasons).fill_null(""),
        pl.col("SRCFILE").fill_null(""),
        pl.col("SRCLINE").cast(pl.String).fill_null(""),
    )
    heads = ("what", "visit", "date", "day", "value", "unit", "selected", "file", "line")
    return {
        "name": patient if short == patient else f"{short} ({patient})",
        "summary": summary,
        "alt": say("report.patient_chart", patient=patient),
        "heads": [say(f"column.{head}") for head in heads],
        "rows": rows.rows(),
    }


def _queries(markup: str) -> list[str]:
    pieces = str(markup).split('data-records="')[1:]
    return [Markup(piece.split('"', 1)[0]).unescape() for piece in pieces]
