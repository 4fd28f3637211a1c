"""Who responded at which visit, by which definition, and why (ADRS).

A definition's criteria are evaluated on the records analysed at each visit with three-valued logic:
what cannot be decided is NE with its reason, never a non-response by accident.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from remit.analysis import criteria
from remit.analysis.assessments import (
    PERSON_LEFT,
    SECOND,
    VISIT,
    assessments,
    failed_column,
)
from remit.analysis.criteria import Scale
from remit.plan.categories import NOT_EVALUABLE, levels
from remit.plan.categories import categories as categories_of
from remit.plan.categories import criteria as criteria_of
from remit.plan.definitions import (
    EXCLUDED,
    PROTEINURIA,
    Criterion,
    leaves,
    never,
    parameters,
    words,
)
from remit.plan.windows import Window

RESPONSES = (
    *("STUDYID", "USUBJID", "DEFID", "DEFN", "AVISIT", "AVISITN", "ADT", "ADY", "AVALC"),
    *("AVALCNRI", "AVALCBST", "ASSESFL", "NERSN", "BLRESP"),
)
CRITERIA = (
    *("USUBJID", "DEFID", "AVISIT", "AVISITN", "CATEGORY", "CRITERION", "VALUE", "REFERENCE"),
    *("VERDICT", "ROWID"),
)
MODIFIED = " (modified: baseline stands for the value before the flare)"


def derive_responses(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    cm: pl.DataFrame | None,
    definitions: Sequence[Mapping[str, Any]],
    analytes: pl.DataFrame,
    windows: Sequence[Window],
    spec: Mapping[str, Any],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Responses and, for every comparison behind them, its value and verdict.

    Args:
        visits: BDS.
        subjects: ADSL.
        cm: Harmonized medication, read for rescue therapy; or None.
        definitions: Contents of definition files that passed `definitions.check`.
        analytes: PARAMCD PARAM decimals.
        windows: From `windows.compile`, with the visits that copy the last record at the end.
        spec: Config section `responses`, with what a result below a limit counts as (`censored`).

    Returns:
        `RESPONSES`, one row per treated subject, definition and visit after baseline, and
        `CRITERIA`, one row per treated subject, comparison as it is written and visit; both in that
        order, so that subjects can be worked on in parts.
        AVALC is the response observed; AVALCNRI counts NE as NR where the subject was expected at
        the visit, and is null where follow-up had not reached it; AVALCBST counts NE there as the
        best category that it could still be. ASSESFL says that everything was known that the
        definition looks at: who is judged by what happens to be known are more often non-responders.
    """
    if not definitions:  # nobody is judged
        from remit.schemas.analysis import ADRS
        from remit.schemas.analysis import CRITERIA as COMPARISONS
        from remit.schemas.tables import dtypes

        return pl.DataFrame(schema=dtypes(ADRS)), pl.DataFrame(schema=dtypes(COMPARISONS))
    decimals = dict(analytes.select("PARAMCD", "decimals").iter_rows())
    names = dict(analytes.select("PARAMCD", "PARAM").iter_rows())
    if proteinuria := spec["proteinuria"]:
        second = proteinuria + SECOND
        decimals[second] = decimals[proteinuria]
        names[second] = f"{names[proteinuria]}, second specimen"
    scale = Scale(decimals, spec.get("censored", "bound"))
    resolved = sorted((_resolved(d, spec) for d in definitions), key=lambda d: str(d["id"]))
    wanted = list(dict.fromkeys(code for d in resolved for code in parameters(d)))
    second_read = any("second" in definition for definition in resolved)
    fails = {str(d["id"]): d["fails"] for d in resolved if "fails" in d}
    wide = assessments(
        *(visits, subjects, cm, windows, wanted, spec),
        second=second_read,
        fails=fails,
        scale=scale,
    )
    responses = pl.concat([_evaluate(wide, definition, scale) for definition in resolved])
    return (
        responses.sort("subject", maintain_order=True).select(RESPONSES),
        _comparisons(wide.filter(~pl.col("baseline")), resolved, scale, names),
    )


def _resolved(definition: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Put the study's proteinuria parameter, and a baseline that stands in before the flare, in place."""

    def resolve(criterion: Criterion, specimen: str = "") -> dict[str, Any]:
        for key in ("all", "any"):
            if key in criterion:
                return {key: [resolve(branch, specimen) for branch in criterion[key]]}
        leaf = dict(criterion)
        if leaf["parameter"] == PROTEINURIA:
            leaf["parameter"] = spec["proteinuria"] + specimen
        if leaf.get("of") == "preflare" and spec["preflare"] == "baseline":
            leaf["of"] = "baseline"
        return leaf

    criteria = criteria_of(definition)
    used = [leaf for criterion in criteria.values() for leaf in leaves(criterion)]
    modified = any(leaf.get("of") == "preflare" for leaf in used) and spec["preflare"] == "baseline"
    result = dict(definition)
    result["title"] = definition["title"] + (MODIFIED if modified else "")
    result["categories"] = {
        category["code"]: {"response": category["response"]}
        | ({"when": resolve(criteria[code])} if (code := category["code"]) in criteria else {})
        for category in categories_of(definition)
    }
    if definition.get("confirm") == {"rule": "two_specimens"}:
        result["second"] = {c: resolve(k, SECOND) for c, k in criteria.items()}
    if "evaluable" in definition:
        result["evaluable"] = resolve(definition["evaluable"])
    if "fails" in definition:
        result["fails"] = [resolve(criterion) for criterion in definition["fails"]]
    return result


def _evaluate(wide: pl.DataFrame, definition: Mapping[str, Any], scale: Scale) -> pl.DataFrame:
    """One definition at every visit."""
    used = parameters(definition)
    known, criteria_used = categories_of(definition), criteria_of(definition)
    level_of = levels(known, list(criteria_used))
    none = next(code for code, level in level_of.items() if level == 0)
    failed = pl.any_horizontal(pl.lit(False), *failures(definition).values())
    missing = _missing(definition)
    level = _level(criteria_used, level_of, scale)
    evaluable, window = pl.lit(True), definition.get("window")
    if "evaluable" in definition:
        evaluable = criteria.verdict(definition["evaluable"], scale)
    if window:
        inside = pl.col("DAY").is_between(window["from_day"], window["to_day"]).fill_null(False)
        wide = wide.filter(inside | pl.col("baseline"))
    frame = wide.select(
        *("STUDYID", "USUBJID", "subject", "AVISIT", "AVISITN", "TRTSDT", "EOSSTT", "baseline"),
        *("absent", "expected", "AWTARGET"),
        ADT=pl.max_horizontal(pl.col(f"{code}|ADT") for code in used),
        level=pl.when(failed & ~pl.col("baseline"))
        .then(0)
        .when(evaluable)
        .then(level)
        .cast(pl.Int8),
        possible=pl.when(failed)
        .then(0)
        .when(evaluable.fill_null(True))
        .then(_level(criteria_used, level_of, scale, unknown=True))
        .cast(pl.Int8),
        assessed=failed | _assessed(definition),
        evaluable=evaluable,
        missing=missing,
        specimen=_level(definition["second"], level_of, scale) if "second" in definition else None,
        planned=pl.col("AWTARGET").is_not_null(),
    )
    frame = _confirmed(frame, definition.get("confirm"))
    text = {level: code for code, level in level_of.items()}
    observed = pl.col("level").replace_strict(text, default=NOT_EVALUABLE, return_dtype=pl.String)
    observed = observed.fill_null(NOT_EVALUABLE)
    reason = (
        pl.when(pl.col("level").is_not_null())
        .then(None)
        .when(pl.col("absent") & pl.col("ADT").is_null())
        .then(pl.col("EOSSTT").replace(PERSON_LEFT))
        .when(~pl.col("expected"))
        .then(pl.lit("visit not reached"))
        .when(~pl.col("evaluable").fill_null(True))
        .then(pl.lit("not attainable from baseline"))
        .when("unconfirmed")
        .then(pl.lit("no second specimen" if "second" in definition else "not confirmed yet"))
        .when(pl.col("missing") != "")
        .then(pl.lit("missing ") + pl.col("missing"))
        .otherwise(pl.lit("beyond the limit of quantification"))
    )
    responses = [level_of[category["code"]] for category in known if category["response"]]
    at_baseline = pl.col("level").filter("baseline").first().over("subject").is_in(responses)
    return (
        frame.with_columns(
            DEFID=pl.lit(definition["id"]),
            DEFN=pl.lit(definition["title"]),
            ADY=(pl.col("ADT") - pl.col("TRTSDT")).dt.total_days() + 1,
            AVALC=observed,
            NERSN=reason,
            BLRESP=pl.when(at_baseline).then(pl.lit("Y")),
        )
        .with_columns(
            AVALCNRI=pl.when(pl.col("AVALC") != NOT_EVALUABLE)
            .then("AVALC")
            .when("expected")
            .then(pl.lit(none)),
            AVALCBST=pl.when(pl.col("AVALC") != NOT_EVALUABLE)
            .then("AVALC")
            .when("expected")
            .then(pl.col("possible").replace_strict(text, default=none, return_dtype=pl.String)),
            ASSESFL=pl.when(pl.col("AVALC") != NOT_EVALUABLE, "assessed").then(pl.lit("Y")),
        )
        .filter(~pl.col("baseline"))
        .select("subject", *RESPONSES)
    )


def failures(definition: Mapping[str, Any]) -> dict[str, pl.Expr]:
    """What makes a non-responder whatever was measured, in words, and whether it has happened.

    Rescue therapy counts from its date on: at the visit's own date, or the day that it was due.
    Leaving early counts after its date, and for the visits that copy the last record.
    """
    seen = pl.max_horizontal(pl.col(f"{code}|ADT") for code in parameters(definition))
    date = pl.coalesce(seen, "due")
    known = {
        "rescue": (pl.col("RESCUED") <= date).fill_null(False),
        "discontinued": pl.col("left") & (date > pl.col("end")).fill_null(True)
        | pl.col("left") & pl.col("due").is_null(),
    }
    excluded = {EXCLUDED[what]: known[what] for what in definition.get("excludes", [])}
    return excluded | {
        never(criterion): (pl.col(failed_column(definition["id"], k)) <= date).fill_null(False)
        for k, criterion in enumerate(definition.get("fails", []))
    }


def _level(
    tried: Mapping[str, Criterion],
    level_of: Mapping[str, int],
    scale: Scale,
    *,
    unknown: bool | None = None,
) -> pl.Expr:
    """Level of the category met: 0 is no response, higher is better; null while undecided.

    A category is decided only once every one that is tried before it is ruled out. With `unknown`
    true it is the best level that may be: whatever cannot be decided is taken as met.
    """
    level = pl.lit(0)
    for code, criterion in reversed([*tried.items()]):
        met = criteria.verdict(criterion, scale)
        met = met if unknown is None else met.fill_null(unknown)
        level = pl.when(met).then(level_of[code]).when(~met).then(level)
    return level


def _assessed(definition: Mapping[str, Any]) -> pl.Expr:
    """Whether every value that a definition looks at is known, and what it is compared with.

    Of alternatives one is enough to be compared with: a laboratory without limits of normal leaves
    the comparison with baseline.
    """

    def compared(criterion: Criterion) -> pl.Expr:
        if "all" in criterion:
            return pl.all_horizontal(*map(compared, criterion["all"]))
        if "any" in criterion:
            return pl.any_horizontal(*map(compared, criterion["any"]))
        columns = [
            f"{criterion['parameter']}|{column}" for column in criteria.references(criterion)
        ]
        return pl.all_horizontal(pl.lit(True), *(pl.col(name).is_not_null() for name in columns))

    values = [pl.col(f"{code}|LOW").is_not_null() for code in parameters(definition)]
    return pl.all_horizontal(*values, *map(compared, criteria_of(definition).values()))


def _missing(definition: Mapping[str, Any]) -> pl.Expr:
    """Names of the values, and of the references of known values, that a definition lacks."""
    used = [leaf for k in criteria_of(definition).values() for leaf in leaves(k)]
    texts = {
        "BASELOW": "baseline {}",
        "PRELOW": "{} before the flare",
        "ULN": "upper limit of {}",
        "LLN": "lower limit of {}",
    }
    lacking = {}
    for code in parameters(definition):
        lacking[code] = pl.col(f"{code}|LOW").is_null()
    for leaf in used:
        for column in criteria.references(leaf):
            code = leaf["parameter"]
            known = pl.col(f"{code}|LOW").is_not_null()
            lacking[texts[column].format(code)] = known & pl.col(f"{code}|{column}").is_null()
    return pl.concat_str(
        [pl.when(absent).then(pl.lit(text)) for text, absent in lacking.items()],
        separator=", ",
        ignore_nulls=True,
    )


def _confirmed(frame: pl.DataFrame, confirm: Mapping[str, Any] | None) -> pl.DataFrame:
    """Let a response count only as far as the other visit of its pair, or specimen, repeats it.

    The pair begins at the visit or, by rule `previous_visit`, ends there. Where no later visit can
    come any more, the last is judged by the pair that ends with it. A response whose pair is not
    complete is undecided. The visits that copy the last record take what this record has as a
    planned visit.
    """
    if confirm is None:
        return frame.with_columns(unconfirmed=pl.lit(False))
    planned = pl.col("planned") & ~pl.col("baseline")
    visits = frame.filter(planned)
    if confirm["rule"] == "two_specimens":
        repeat = visits.select(*VISIT, repeated="specimen")
    elif confirm["rule"] == "previous_visit":
        repeat = _repeated(visits, confirm, later=False)
    else:
        over = pl.col("EOSSTT").is_not_null() & (pl.col("EOSSTT") != "ONGOING")
        last = over | (pl.col("AVISITN") == pl.col("AVISITN").max())
        before = _repeated(visits, confirm, later=False).rename({"repeated": "before"})
        repeat = (
            _repeated(visits, confirm, later=True)
            .join(visits.select(*VISIT, last=last), on=VISIT)
            .join(before, on=VISIT)
            .select(*VISIT, repeated=pl.coalesce("repeated", pl.when("last").then("before")))
        )
    joined = frame.join(repeat, on=VISIT, how="left", maintain_order="left")
    response = (pl.col("level") > 0).fill_null(False) & ~pl.col("baseline")
    both = pl.min_horizontal("level", "repeated").clip(lower_bound=0)
    joined = joined.with_columns(
        unconfirmed=response & planned & pl.col("repeated").is_null(),
        level=pl.when(~response).then("level").when(pl.col("repeated").is_not_null()).then(both),
        possible=pl.min_horizontal("possible", pl.col("repeated").clip(lower_bound=0)),
    )
    own = joined.filter(planned).select(
        "subject", "ADT", own="level", open="unconfirmed", could="possible"
    )
    own = own.drop_nulls("ADT").unique(["subject", "ADT"], keep="last", maintain_order=True)
    return joined.join(own, on=["subject", "ADT"], how="left", maintain_order="left").with_columns(
        level=pl.when("planned").then("level").otherwise("own"),
        possible=pl.when("planned").then("possible").otherwise("could"),
        unconfirmed=pl.when("planned")
        .then("unconfirmed")
        .otherwise(pl.col("open").fill_null(False)),
    )


def _repeated(visits: pl.DataFrame, confirm: Mapping[str, Any], *, later: bool) -> pl.DataFrame:
    """The level at the other visit of each visit's pair, null where there is none.

    It is the nearest visit within the limits of time; by rule `within_days` the best of all there. A
    visit without a level is passed over, or with `missed: open` leaves the pair open.
    """
    others = visits.select("subject", "AVISITN", "ADT", other="level")
    if confirm.get("missed", "skip") == "skip":
        others = others.drop_nulls("other")
    sign = 1 if later else -1
    apart = sign * (pl.col("AVISITN_right") - pl.col("AVISITN"))
    found = visits.select(*VISIT, "ADT").join(others, on="subject").filter(apart > 0)
    if "days" in confirm:
        low, high = confirm["days"]
        gap = sign * (pl.col("ADT_right") - pl.col("ADT")).dt.total_days()
        found = found.filter(gap.is_between(low, high))
    nearest = pl.col("other").sort_by(apart).first()
    best = pl.col("other").max()
    found = found.group_by(VISIT).agg(
        repeated=best if confirm["rule"] == "within_days" else nearest
    )
    return visits.select(VISIT).join(found, on=VISIT, how="left", maintain_order="left")


class _Comparison(NamedTuple):
    """One comparison of a definition: what it is called and what it gives at a visit."""

    DEFID: str
    CATEGORY: str
    CRITERION: str
    found: dict[str, pl.Expr]


def _comparisons(
    after: pl.DataFrame,
    definitions: Sequence[Mapping[str, Any]],
    scale: Scale,
    names: Mapping[str, str],
) -> pl.DataFrame:
    """Value, reference and verdict of every comparison of every definition, as it is written.

    Only what differs from row to row is put in order; names of subjects, visits and comparisons are
    looked up afterwards.
    """
    made = [c for definition in definitions for c in _written(definition, scale, names)]
    after = after.with_row_index("row")
    rows = pl.concat(
        [
            after.select("subject", "row", comparison=pl.lit(k, pl.UInt16), **comparison.found)
            for k, comparison in enumerate(made)
        ]
    ).sort("subject", maintain_order=True)
    visit = after.select(pl.col("USUBJID", "AVISIT", "AVISITN").gather(rows["row"]))
    called = pl.DataFrame([c[:3] for c in made], schema=_Comparison._fields[:3], orient="row")
    comparison = called.select(pl.all().gather(rows["comparison"]))
    return pl.concat([visit, comparison, rows], how="horizontal").select(CRITERIA)


def _written(
    definition: Mapping[str, Any], scale: Scale, names: Mapping[str, str]
) -> list[_Comparison]:
    """What excludes a response is a comparison of every category, without numbers."""
    number, text = pl.lit(None, pl.Float64), pl.lit(None, pl.String)
    return [
        _Comparison(
            definition["id"],
            category,
            name,
            {
                "VALUE": number,
                "REFERENCE": number,
                "VERDICT": ~failed,
                "ROWID": pl.when(failed).then("RESCUEROW") if name == EXCLUDED["rescue"] else text,
            },
        )
        for category in criteria_of(definition)
        for name, failed in failures(definition).items()
    ] + [
        _Comparison(
            definition["id"],
            category,
            words(leaf, names),
            {
                "VALUE": criteria.value(leaf),
                "REFERENCE": criteria.reference(leaf),
                "VERDICT": criteria.verdict(leaf, scale),
                "ROWID": pl.col(f"{leaf['parameter']}|ROWID"),
            },
        )
        for category, leaf in _leaves(definition)
    ]


def _leaves(definition: Mapping[str, Any]) -> Iterator[tuple[str, Criterion]]:
    """Each comparison with its category, those that look at the second specimen among them."""
    for category, criterion in criteria_of(definition).items():
        yield from ((category, leaf) for leaf in leaves(criterion))
        if "second" in definition:
            again = leaves(definition["second"][category])
            yield from ((category, leaf) for leaf in again if leaf["parameter"].endswith(SECOND))
