"""The results paragraph in the words of a paper: every number computed, every phrase earned."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from markupsafe import Markup

from remit.figures.frames import efficacy
from remit.plan.categories import Category, in_text, plain
from remit.tables.table import Cell, button, query
from remit.words.labels import Labels
from remit.words.numbers import MISSING, mean_sd, number, p_statement, unit

Spec = Mapping[str, Any]


def results(
    subjects: pl.DataFrame,
    paired: pl.DataFrame,
    responses: pl.DataFrame,
    adverse_events: pl.DataFrame,
    spec: Spec,
    say: Labels,
) -> list[Markup]:
    """Sentences on the cohort, the parameters, response and safety, in that order.

    Args:
        subjects: ADSL.
        paired: `results/statistics/paired.csv`; a visit counts as changed when `p` < `spec.alpha`.
        responses: ADRS of every definition; `spec.definition` is told.
        adverse_events: ADAE; treatment-emergent ones count.
        spec: the config's `report`; `decimals`, the tables'; `alpha`, the level of significance;
            `categories` of each definition.
        say: labels.
    """
    return [
        _cohort(subjects, say),
        *(_course(paired, code, spec, say) for code in spec["parameters"]),
        *_response(responses, subjects, spec, say),
        _safety(adverse_events, subjects, spec, say),
    ]


def fill(text: str, *places: object, **values: object) -> Markup:
    """A sentence with its values in place, escaped unless they are markup already."""
    return Markup(text).format(*places, **values)


def _cohort(subjects: pl.DataFrame, say: Labels) -> Markup:
    enrolled = subjects.filter(ENRLFL="Y").height
    safety, members = subjects.filter(SAFFL="Y"), subjects.filter(EFFFL="Y")
    months = members["TRTDURM"].drop_nulls()
    return fill(
        say("results.cohort"),
        enrolled=enrolled,
        safety=safety.height,
        efficacy=members.height,
        shortest=number(_float(months.min()), 0),
        longest=number(_float(months.max()), 0),
        median=number(_float(months.median()), 0),
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


def _response(
    responses: pl.DataFrame, subjects: pl.DataFrame, spec: Spec, say: Labels
) -> list[Markup]:
    """Who was ever in the best category and when first; who was in the other responses at the end.

    Where the definition has one response, the end is told of it.
    """
    rows = efficacy(responses, subjects).filter(pl.col("DEFID") == spec["definition"])
    n = subjects.filter(EFFFL="Y").height
    last = pl.col("AVISIT") == spec["last_visit"]
    best, *others = [c for c in spec["categories"][spec["definition"]] if c["response"]]
    reached = rows.filter(~last, pl.col("AVALC") == best["code"]).sort("AVISITN")
    first = reached.unique("USUBJID", keep="first", maintain_order=True)
    percent = spec["percent_decimals"]
    visits = [say.of("in_text", v) for v in first["AVISIT"].unique(maintain_order=True)]
    counted = {"definition": spec["definition"], "rule": "observed"}

    def at(category: Category, visit: str, k: int) -> Markup:
        named = query("response", "count", **counted, AVISIT=visit, category=category["code"])
        return _share(k, n, percent, named)

    return [
        fill(
            say("results.best" if visits else "results.no_best"),
            category=plain(best, say.language) if visits else in_text(best, say.language),
            share=at(best, "Best", first.height),
            visits=say("list.comma").join(visits),
        ),
        *(
            fill(
                say("results.at_end"),
                category=plain(category, say.language),
                visit=say.of("in_text", spec["last_visit"]),
                share=at(
                    category,
                    spec["last_visit"],
                    rows.filter(last, pl.col("AVALC") == category["code"]).height,
                ),
            )
            for category in others or [best]
        ),
    ]


def _safety(
    adverse_events: pl.DataFrame, subjects: pl.DataFrame, spec: Spec, say: Labels
) -> Markup:
    treated = subjects.filter(SAFFL="Y")
    n, percent = treated.height, spec["percent_decimals"]
    events = adverse_events.filter(TRTEMFL="Y").join(treated, on="USUBJID", how="semi")
    if events.is_empty():
        return fill(say("results.no_ae"), n=n)
    terms = (
        events.group_by("AEBODSYS", "AEDECOD")
        .agg(pl.col("USUBJID").n_unique())
        .sort(["USUBJID", "AEDECOD", "AEBODSYS"], descending=[True, False, False])
    )
    told = [
        fill(
            "{} {}",
            say.of("ae", term),
            _share(k, n, percent, _events(category="pt", soc=soc, term=term)),
        )
        for soc, term, k in terms.iter_rows()
    ]
    deaths = treated["DTHDT"].drop_nulls().len()
    serious = events.filter(AESER="Y").height
    return fill(
        say("results.ae"),
        share=_share(events["USUBJID"].n_unique(), n, percent, _events(category="any")),
        terms=Markup(say("list.comma")).join(told),
        deaths=say("results.deaths" if deaths else "results.no_death", n=deaths),
        serious=say("results.serious" if serious else "results.no_serious", n=serious),
    )


def _events(**named: str) -> str:
    return query("safety", "count", **named)


def _share(count: int, n: int, decimals: int, records: str) -> Markup:
    text = f"{count}/{n} ({number(100 * count / n, decimals)}%)" if n else MISSING
    return Markup(button(Cell(text, records if count else ""), {records}))


def _linked(text: str, row: Mapping[str, Any]) -> Markup:
    records = query("paired", "n", PARAMCD=row["PARAMCD"], AVISIT=row["AVISIT"])
    return Markup(button(Cell(text, records), {records}))


def _float(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
