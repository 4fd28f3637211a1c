"""The results paragraph in the words of a paper: every number computed, every phrase earned."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from markupsafe import Markup

from remit.plan.categories import Category, in_text, plain
from remit.schemas.catalogue import KEYS, TABLES
from remit.statistics.response import BEST
from remit.tables.table import Cell, button, query
from remit.words.labels import Labels
from remit.words.numbers import MISSING, mean_sd, number, p_statement, unit

Spec = Mapping[str, Any]


#: The rule for those who cannot be judged by which responses are told.
RULE = "observed"
#: The paragraph names so many terms of adverse events, the commonest; the table has all.
LISTED_TERMS = 10


def results(
    subjects: pl.DataFrame, statistics: Mapping[str, pl.DataFrame], spec: Spec, say: Labels
) -> list[Markup]:
    """Sentences on the cohort, the parameters, response and safety, in that order.

    Every number is one of the statistics, the one that its link names.

    Args:
        subjects: ADSL, of which the sizes of the sets are told.
        statistics: the wide tables paired, response, exposure and safety; a visit counts as changed
            when its `p` < `spec.alpha`.
        spec: the config's `report` (`definition` is told) and `population`; `decimals`, the tables';
            `alpha`, the level of significance; `categories` of each definition.
        say: labels.
    """
    return [
        _cohort(subjects, statistics["exposure"], spec, say),
        *(_course(statistics["paired"], code, spec, say) for code in spec["parameters"]),
        *_response(statistics["response"], spec, say),
        _safety(statistics["safety"], spec, say)
        if "ae" in spec["collected"]
        else Markup(say("results.not_collected")),
    ]


def fill(text: str, *places: object, **values: object) -> Markup:
    """A sentence with its values in place, escaped unless they are markup already."""
    return Markup(text).format(*places, **values)


def _cohort(subjects: pl.DataFrame, exposure: pl.DataFrame, spec: Spec, say: Labels) -> Markup:
    months = exposure.row(
        by_predicate=(pl.col("PARAMCD") == "TRTDURM")
        & (pl.col("population") == spec["population"]),
        named=True,
    )
    return fill(
        say("results.cohort"),
        enrolled=subjects.filter(ENRLFL="Y").height,
        safety=subjects.filter(SAFFL="Y").height,
        efficacy=subjects.filter(EFFFL="Y").height,
        shortest=number(months["min"], 0),
        longest=number(months["max"], 0),
        median=number(months["median"], 0),
    )


def _course(paired: pl.DataFrame, code: str, spec: Spec, say: Labels) -> Markup:
    """One parameter: its direction, the visits that differ, and what holds of the others."""
    rows = paired.filter(pl.col("PARAMCD") == code, pl.col("n") > 0).sort("AVISITN")
    if rows.is_empty():
        return Markup("")
    name = say.of("param", code)
    alpha = f"{spec['alpha']:g}"
    changed = rows.filter(pl.col("p") < spec["alpha"])
    if changed.is_empty():
        detail = fill(say("results.unchanged"), alpha=alpha)
    elif changed.height <= spec["listed_visits"]:
        told = Markup(say("results.and")).join(
            _change(row, spec, say) for row in changed.iter_rows(named=True)
        )
        key = "results.listed" if changed.height < rows.height else "results.listed_all"
        detail = fill(say(key), told=told, alpha=alpha)
    else:
        visits = say("list.comma").join(say.of("in_text", visit) for visit in changed["AVISIT"])
        key = "results.many" if changed.height < rows.height else "results.throughout"
        detail = fill(say(key), visits=visits, alpha=alpha)
    return fill(
        say(f"results.{_direction(rows)}"),
        name=rows["PARAM"][0] if name == code else name,
        detail=detail,
    )


def _change(row: Mapping[str, Any], spec: Spec, say: Labels) -> Markup:
    decimals = spec["decimals"].get(row["PARAMCD"], spec["decimals"]["default"])
    return fill(
        say("results.change"),
        visit=say.of("in_text", row["AVISIT"]),
        base=_linked(mean_sd(row["base_mean"], row["base_sd"], decimals), row),
        value=_linked(mean_sd(row["visit_mean"], row["visit_sd"], decimals), row),
        unit=unit(row["UNIT"]),
        n=row["n"],
        p=_linked(p_statement(row["p"]), row),
    )


def _direction(rows: pl.DataFrame) -> str:
    changes = rows["mean_change"].drop_nulls()
    if (changes < 0).all():
        return "below"
    return "above" if (changes > 0).all() else "mixed"


def _response(response: pl.DataFrame, spec: Spec, say: Labels) -> list[Markup]:
    """Who was ever in the best category and when first; who was in the other responses at the end.

    Where the definition has one response, the end is told of it.
    """
    if spec["definition"] is None:
        return []
    own = response.filter(definition=spec["definition"], rule=RULE)
    best, *others = [c for c in spec["categories"][spec["definition"]] if c["response"]]

    def at(category: Category, visit: str) -> Markup:
        found = own.filter(AVISIT=visit, category=category["code"])
        return _share(found, "response", spec)

    planned = ~pl.col("AVISIT").is_in([BEST, spec["last_visit"]])
    reached = own.filter(planned, pl.col("count") > 0, category=best["code"]).sort("AVISITN")
    visits = [say.of("in_text", visit) for visit in reached["AVISIT"].head(1)]
    ever = at(best, BEST)
    if visits:
        told = fill(
            say("results.best"),
            category=plain(best, say.language),
            share=ever,
            visits=visits[0],
        )
    else:
        told = fill(say("results.no_best"), category=in_text(best, say.language), share=ever)
    return [
        told,
        *(
            fill(
                say("results.at_end"),
                category=plain(category, say.language),
                visit=say.of("in_text", spec["last_visit"]),
                share=at(category, spec["last_visit"]),
            )
            for category in others or [best]
        ),
    ]


def _safety(safety: pl.DataFrame, spec: Spec, say: Labels) -> Markup:
    any_event = safety.filter(category="any")
    if not any_event["count"].sum():
        return fill(say("results.no_ae"), n=any_event["denominator"].item())
    terms = safety.filter(category="pt").sort(
        ["count", "term", "soc"], descending=[True, False, False]
    )
    told = [
        fill("{} {}", say.of("ae", term), _share(terms[place], "safety", spec))
        for place, term in enumerate(terms["term"].head(LISTED_TERMS))
    ]
    if (others := terms.height - len(told)) > 0:
        told.append(fill(say("results.other_terms"), n=others))
    deaths = int(safety.filter(category="death")["count"].sum())
    graded = safety.filter(category="serious")["events"]
    serious = int(graded.sum())
    if graded.is_empty():
        how_serious = say("results.serious_unknown")
    else:
        how_serious = say("results.serious" if serious else "results.no_serious", n=serious)
    return fill(
        say("results.ae"),
        share=_share(any_event, "safety", spec),
        terms=Markup(say("list.comma")).join(told),
        deaths=say("results.deaths" if deaths else "results.no_death", n=deaths),
        serious=how_serious,
    )


def _share(row: pl.DataFrame, table: str, spec: Spec) -> Markup:
    """The count of one row of a table, linked to its statistic; a dash where there is no such row."""
    if row.is_empty() or not row["denominator"].item():
        return Markup(MISSING)
    count, n, percent = row.select("count", "denominator", "percent").row(0)
    keys = {key: row[key].item() for key in TABLES[table] if KEYS[key] == pl.String}
    text = f"{count}/{n} ({number(percent, spec['percent_decimals'])}%)"
    records = query(table, "count", **keys)
    return Markup(button(Cell(text, records if count else ""), {records}))


def _linked(text: str, row: Mapping[str, Any]) -> Markup:
    records = query("paired", "n", PARAMCD=row["PARAMCD"], AVISIT=row["AVISIT"])
    return Markup(button(Cell(text, records), {records}))
