"""The public page: what was decided to be shown, out of one set of statistics that is safe as a whole.

Nothing of a source stands here: no text of an extract, no file, no line. What is not named below is
not public.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl
from markupsafe import Markup

from remit.figures.figure import Figure
from remit.figures.response_bars import class_bars
from remit.figures.trajectories import courses
from remit.plan.categories import label
from remit.plan.level import significance
from remit.privacy.disclosure import Facts, Name, hidden, samples
from remit.report.methods import methods
from remit.report.narrative import RULE, fill
from remit.report.page import options, versions
from remit.statistics.paired import planned_records
from remit.statistics.response import BEST
from remit.tables.of_statistics import TABLES
from remit.words.labels import Labels
from remit.words.numbers import mean_sd, number, p_statement, unit

#: The tables of the public page.
PUBLIC = ("baseline", "paired", "response", "safety")
FIGURES = ("trajectories", "response_bars")
#: Of the adverse events the page counts kinds that the plan names, no term of a source.
_KINDS = ("any", "related", "serious", "severe", "discontinuation", "death", "aesi")
_ENROLLED = "ENRLFL"

Frames = Mapping[str, pl.DataFrame]
Spec = Mapping[str, Any]


class Fact(NamedTuple):
    """A count, how it divides into others, and what hiding it would cost; None: never shown."""

    name: Name
    n: int
    divides: tuple[tuple[Name, ...], ...] = ()
    cost: float | None = None


def suppressed(analysis: Frames, statistics: Frames, spec: Spec, say: Labels) -> Frames:
    """The statistics that the page shows, nulls where a number is hidden.

    Args:
        analysis: ADSL and BDS as `subjects` and `visits`.
        statistics: the wide statistics by the names of PUBLIC.
        spec: the config's statistics and report, and the domains `collected`.
        say: labels; a class of a characteristic that they do not know is text of a source.

    Returns:
        The tables of PUBLIC, and `sets`: population and n. A sample of which something must not be
        shown has no row; a count that is hidden is null, and so is what was computed from it.
    """
    subjects = analysis["subjects"]
    if "ae" not in spec["collected"]:  # nobody with an event is no count of who had one
        statistics = {**statistics, "safety": statistics["safety"].clear()}
    held = records(analysis["visits"], subjects, statistics["baseline"], spec["statistics"])
    listed = list(facts(subjects, held, statistics, spec, say))
    k = spec["report"]["suppress_below"]
    away = hidden(
        Facts(
            {fact.name: fact.n for fact in listed},
            [(fact.name, parts) for fact in listed for parts in fact.divides],
            {fact.name: fact.cost for fact in listed if fact.cost is not None},
        ),
        k,
    )
    shown = [f for f in listed if f.cost is not None and f.name not in away]
    ranked = [f.name for f in sorted(shown, key=lambda f: -(f.cost or 0))]
    means = _safe_means(held, ranked, k)
    names = {f.name for f in shown}
    sizes = {f.name[1]: f.n for f in shown if f.name[0] == "set"}
    return {
        "sets": pl.DataFrame({"population": list(sizes), "n": list(sizes.values())}),
        "baseline": _baseline(statistics["baseline"], sizes, names, means, say),
        "paired": _kept(
            statistics["paired"], ("PARAMCD", "AVISIT"), {n[1:] for n in means if n[0] == "paired"}
        ),
        "response": _response(statistics["response"], names, spec["report"]["definition"]),
        "safety": _safety(statistics["safety"], names, spec["statistics"]),
    }


def content(shown: Frames, spec: Spec, say: Labels) -> dict[str, Any]:
    """What the page says beyond figures and definitions, of the statistics from `suppressed`."""
    told = options(spec) | {"summary": "mean_sd", "hidden": say("table.hidden")}
    tables = {name: TABLES[name](shown[name], told, say) for name in PUBLIC if shown[name].height}
    return {
        "study": spec["study"],
        "suppressed_below": spec["report"]["suppress_below"],
        "results": _results(shown, spec, say),
        "sets": [(say.of("population", p), n) for p, n in shown["sets"].iter_rows()],
        "tables": {
            name: {"title": table.title, "html": Markup(table.html())}
            for name, table in tables.items()
            if table.rows
        },
        "methods": methods(spec, say),
        "versions": versions(),
    }


def figures(shown: Frames, spec: Spec, say: Labels) -> dict[str, Figure]:
    """The figures of the page, drawn from the statistics of `suppressed` alone."""
    drawn = {}
    note = {"note": spec["study"]["note"], "categories": spec["categories"]}
    if plan := spec["figures"]["trajectories"]:
        plan = plan | note | {"statistic": "mean_se", "alpha": significance(spec["statistics"])}
        summary = _courses(shown, spec)
        if summary.filter(pl.col("PARAMCD").is_in(plan["parameters"])).height:
            drawn["trajectories"] = courses(summary, plan, say)
    if plan := spec["figures"]["response_bars"]:
        counts = _classes(shown["response"])
        if counts.height and plan["definition"] == spec["report"]["definition"]:
            name = say.of("definition", plan["definition"])
            drawn["response_bars"] = class_bars(counts, name, plan | note, say)
    return drawn


def _populations(plan: Spec) -> list[str]:
    return list(dict.fromkeys((_ENROLLED, plan["safety_population"], plan["population"])))


def records(
    visits: pl.DataFrame, subjects: pl.DataFrame, baseline: pl.DataFrame, plan: Spec
) -> pl.DataFrame:
    """The values behind every mean: code, sample, USUBJID and record, which names the value."""
    numbers = baseline.filter(pl.col("category").is_null())["PARAMCD"].unique().sort()
    record = pl.coalesce(pl.col("ROWID"), pl.col("ADT").cast(pl.String))
    own = visits.filter(pl.col("AVAL").is_not_null()).with_columns(record=record, code="PARAMCD")
    base = own.filter(pl.col("ABLFL") == "Y").select("code", "USUBJID", "record")
    parts = []
    for population in dict.fromkeys((plan["population"], plan["safety_population"])):
        members = subjects.filter(pl.col(population) == "Y")
        of_subjects = [
            members.drop_nulls(code).select(
                "USUBJID", code=pl.lit(code), record=pl.lit("of the subject")
            )
            for code in numbers
            if code in members.columns
        ]
        found = [base.join(members, on="USUBJID", how="semi"), *of_subjects]
        parts += [f.with_columns(sample=pl.lit(f"baseline|{population}")) for f in found]
    planned = planned_records(own, subjects, plan).filter(pl.col("base").is_not_null())
    pairs = planned.select("USUBJID", "code", "record", sample=pl.format("visit|{}", "AVISIT"))
    first = planned.select("USUBJID", "code", sample=pl.format("before|{}", "AVISIT"))
    parts += [pairs, first.join(base, on=["code", "USUBJID"])]
    order = ["code", "sample", "USUBJID", "record"]
    return pl.concat([part.select(order) for part in parts]).unique().sort(order)


def _safe_means(held: pl.DataFrame, counted: list[Name], k: int) -> set[Name]:
    """Of the samples that may be counted those whose means may stand beside each other."""
    asked: dict[str, dict[tuple[str, ...], Name]] = {}
    for name in counted:
        if name[0] == "mean":
            asked.setdefault(name[2], {})[(f"baseline|{name[1]}",)] = name
        if name[0] == "paired":
            asked.setdefault(name[1], {})[(f"before|{name[2]}", f"visit|{name[2]}")] = name
    return {
        own[together]
        for code, own in asked.items()
        for together in map(tuple, samples(held.filter(code=code), list(own), k))
    }


def facts(
    subjects: pl.DataFrame, held: pl.DataFrame, statistics: Frames, spec: Spec, say: Labels
) -> Iterator[Fact]:
    """Every count of the page, and those that follow from them."""
    plan = spec["statistics"]
    populations = _populations(plan)
    flag = [pl.when(pl.col(p) == "Y").then(pl.lit(p)) for p in populations]
    ringed = subjects.with_columns(ring=pl.concat_str(flag, separator="+", ignore_nulls=True))
    rings = dict(ringed.group_by("ring").len().sort("ring").iter_rows())
    inside = {p: [r for r in rings if p in r.split("+")] for p in populations}
    sizes = {p: sum(rings[r] for r in inside[p]) for p in populations}
    main = plan["population"]

    rows = statistics["baseline"].filter(pl.col("population").is_in(populations))
    divided: dict[str, list[tuple[Name, ...]]] = {ring: [] for ring in rings}
    classes = rows.filter(pl.col("category").is_not_null())["PARAMCD"].unique().sort()
    for code in classes:
        known = {level for level in ringed[code].unique() if level and _named(code, level, say)}
        printed = pl.when(pl.col(code).is_in(sorted(known))).then(pl.col(code))
        level = (
            pl.when(pl.col(code).is_null()).then(pl.lit("")).otherwise(printed.fill_null("other"))
        )
        counts = {
            (ring, name): n
            for ring, name, n in ringed.group_by("ring", level.alias("level")).len().rows()
        }
        levels = sorted({name for _, name in counts})
        for ring in rings:
            parts = tuple(("ring", ring, code, name) for name in levels)
            yield from (Fact(part, counts.get((ring, part[-1]), 0)) for part in parts)
            divided[ring].append(parts)
        for population in (p for p in populations if p in rows["population"]):
            cost = 4.0 if population == main else 1.0
            asked = [name for name in levels if name]
            groups = {name: [name] for name in levels} | {"denominator": asked}
            for name, group in groups.items():
                parts = tuple(
                    ("ring", ring, code, part) for part in group for ring in inside[population]
                )
                n = sum(counts.get((part[1], part[3]), 0) for part in parts)
                priced = {"": None, "other": None, "denominator": 4 * cost}.get(name, cost)
                yield Fact(("level", population, code, name), n, (parts,), priced)

    of_ring = dict(ringed.select("USUBJID", "ring").iter_rows())
    numbers = held.filter(pl.col("sample").str.starts_with("baseline|")).with_columns(
        ring=pl.col("USUBJID").replace_strict(of_ring, return_dtype=pl.String)
    )
    have = {
        (code, ring): n
        for code, ring, n in numbers.group_by("code", "ring")
        .agg(pl.col("USUBJID").n_unique())
        .iter_rows()
    }
    samples_ = rows.filter(pl.col("category").is_null()).select("population", "PARAMCD").unique()
    for code in samples_["PARAMCD"].unique().sort():
        for ring in rings:
            with_, without = ("ring", ring, code, "known"), ("ring", ring, code, "missing")
            n = have.get((code, ring), 0)
            # The baseline of who is in none of these sets is shown nowhere.
            divided[ring].append((with_, without))
            yield Fact(with_, n)
            yield Fact(without, rings[ring] - n)
        for population in (p for p in populations if p in samples_["population"]):
            whole = tuple(("ring", ring, code, "known") for ring in inside[population])
            nobody = tuple(("ring", ring, code, "missing") for ring in inside[population])
            n = sum(have.get((code, ring), 0) for ring in inside[population])
            cost = _cost(code, spec) / 4 if population == main else 1.0
            missing = ("mean", population, code, "missing")
            yield Fact(missing, sizes[population] - n, (nobody,))
            divides: list[tuple[Name, ...]] = [whole]
            if population == main:
                yield from _pairs(statistics["paired"], code, n, divides, sizes[main], spec)
            yield Fact(("mean", population, code), n, tuple(divides), cost)

    for ring, n in rings.items():
        yield Fact(("ring", ring), n, tuple(divided[ring]))
    response, safety = (
        list(_responses(statistics["response"], sizes[main], spec)),
        list(_events(statistics["safety"], sizes[plan["safety_population"]], plan)),
    )
    yield from response
    yield from safety
    for population in populations:
        divides = [tuple(("ring", ring) for ring in inside[population])]
        if population == main:
            judged = (f.name for f in response if f.name[0] == "judged" and f.cost is not None)
            divides += [(name, (*name, "not")) for name in judged]
            divides += [
                (("paired", code, visit), ("paired", code, visit, "not"))
                for code, visit in _compared(statistics["paired"])
                .select("PARAMCD", "AVISIT")
                .rows()
            ]
        if population == plan["safety_population"]:
            divides += [(f.name, (*f.name, "not")) for f in safety if f.cost is not None]
        price = {main: 1000.0, plan["safety_population"]: 20.0}.get(population, 10.0)
        yield Fact(("set", population), sizes[population], tuple(divides), price)


def _named(code: str, level: str, say: Labels) -> bool:
    return f"{code}.{level}" in say.words


def _cost(code: str, spec: Spec) -> float:
    """What a comparison of a parameter is worth: the first of the report most."""
    told = spec["report"]["parameters"]
    return 60.0 if code in told[:1] else 30.0 if code in told else 10.0


def _compared(paired: pl.DataFrame) -> pl.DataFrame:
    return paired.filter(pl.col("n") > 0)


def _pairs(
    paired: pl.DataFrame,
    code: str,
    known: int,
    divides: list[tuple[Name, ...]],
    size: int,
    spec: Spec,
) -> Iterator[Fact]:
    """Who is compared at a visit, and who is not: of the set, and of those with a baseline."""
    for visit, n in _compared(paired).filter(PARAMCD=code).select("AVISIT", "n").iter_rows():
        name = ("paired", code, visit)
        yield Fact(name, n, cost=_cost(code, spec))
        yield Fact((*name, "not"), size - n)
        yield Fact((*name, "not now"), known - n)
        divides.append((name, (*name, "not now")))


def _responses(rows: pl.DataFrame, size: int, spec: Spec) -> Iterator[Fact]:
    """The classes of those judged at a visit; the best response holds that of every visit."""
    report = spec["report"]
    own = _told(rows, report["definition"])
    count = {(visit, c): n for visit, c, n in own.select("AVISIT", "category", "count").iter_rows()}
    judged = dict(own.select("AVISIT", "denominator").iter_rows())
    for visit, n in judged.items():
        cost = 40.0 if visit in (BEST, report["last_visit"]) else 8.0
        found = [category for at, category in count if at == visit]
        single = [category for category in found if "+" not in category]
        divides: list[tuple[Name, ...]] = [tuple(("response", visit, c) for c in single)]
        for category in found:
            name = ("response", visit, category)
            parts: list[tuple[Name, ...]] = []
            if category not in single:
                parts.append(tuple(("response", visit, c) for c in category.split("+")))
            # The best class of all, or of all responders: whoever was in it at any visit.
            if visit == BEST and category in (single[0], *set(found).difference(single)):
                for other in (v for v in judged if v != BEST and (v, category) in count):
                    less = (*name, "not at", other)
                    yield Fact(less, count[BEST, category] - count[other, category])
                    parts.append((("response", other, category), less))
            yield Fact(name, count[visit, category], tuple(parts), cost)
        if visit == BEST:
            for other in (v for v in judged if v != BEST):
                rest = ("judged", BEST, "not at", other)
                yield Fact(rest, n - judged[other])
                divides.append((("judged", other), rest))
        yield Fact(("judged", visit, "not"), size - n)
        yield Fact(("judged", visit), n, tuple(divides), 3 * cost)


def _told(rows: pl.DataFrame, definition: str | None) -> pl.DataFrame:
    own = pl.col("definition").eq_missing(pl.lit(definition, pl.String))
    return rows.filter(own, pl.col("denominator") > 0, rule=RULE)


def _events(rows: pl.DataFrame, size: int, plan: Spec) -> Iterator[Fact]:
    """Who had an event of a kind; who had any holds them all but deaths."""
    own = rows.filter(pl.col("category").is_in(_KINDS))
    counts = {
        ("event", kind, term): n
        for kind, term, n in own.select("category", "term", "count").iter_rows()
    }
    parts = []
    for name, n in counts.items():
        if name[1] not in ("any", "death"):
            everybody = next(
                m for kind, m in ((c[1], x) for c, x in counts.items()) if kind == "any"
            )
            yield Fact((*name, "other events"), everybody - n)
            parts.append((name, (*name, "other events")))
    for name, n in counts.items():
        yield Fact((*name, "not"), size - n)
        yield Fact(
            name, n, tuple(parts) if name[1] == "any" else (), 8.0 if name[1] == "any" else 4.0
        )


def _kept(rows: pl.DataFrame, keys: tuple[str, ...], names: set[Name]) -> pl.DataFrame:
    here = [tuple(map(str, key)) in names for key in rows.select(keys).iter_rows()]
    return rows.filter(pl.Series(here, dtype=pl.Boolean))


_OF_A_SHARE = ("count", "denominator", "percent", "ci_low", "ci_high")


def _shares(rows: pl.DataFrame, shown: list[bool]) -> pl.DataFrame:
    """The rows of counts: null where they are not shown, and in all that is no share."""
    keys = [c for c in rows.columns if rows[c].dtype == pl.String or c == "AVISITN"]
    keep = pl.Series(shown, dtype=pl.Boolean)
    counts = [pl.when(keep).then(pl.col(c)).alias(c) for c in _OF_A_SHARE]
    others = [pl.lit(None, rows[c].dtype).alias(c) for c in rows.columns if c not in keys]
    return rows.with_columns(others).with_columns(rows.select(counts).get_columns())


def _baseline(
    rows: pl.DataFrame, sizes: Mapping[str, int], names: set[Name], means: set[Name], say: Labels
) -> pl.DataFrame:
    """A row for every population that is shown and every characteristic or class that any has."""
    at = ["population", "PARAMCD", "category"]
    given = {tuple(row[key] for key in at): row for row in rows.iter_rows(named=True)}
    asked = {
        (population, code): row["denominator"]
        for (population, code, level), row in given.items()
        if level is not None
    }
    kept = []
    for population in (p for p in rows["population"].unique(maintain_order=True) if p in sizes):
        for _, code, level in dict.fromkeys((None, key[1], key[2]) for key in given):
            key = (population, code, level)
            like = next(row for (_, *rest), row in given.items() if rest == [code, level])
            empty = dict.fromkeys(rows.columns) | {
                key: like[key] for key in ("PARAMCD", "PARAM", "UNIT", "category")
            }
            empty["population"] = population
            if code == "TRTDURM":  # tells the size of the set
                kept.append(empty | {"n": sizes[population]})
            elif level is None:
                shown = given[key] if ("mean", population, code) in means else {}
                kept.append(empty | {c: shown.get(c) for c in ("n", "mean", "sd")})
            elif _named(code, level, say):
                whole = ("level", population, code, "denominator")
                if {("level", *key), whole} <= names:
                    none = {"count": 0, "denominator": asked.get((population, code), 0)}
                    shown = given.get(key, none)
                    empty |= {c: shown.get(c) for c in _OF_A_SHARE}
                kept.append(empty)
    return pl.DataFrame(kept, schema=rows.schema)


def _response(rows: pl.DataFrame, names: set[Name], definition: str | None) -> pl.DataFrame:
    told = _told(rows, definition)
    judged = [("judged", visit) in names for visit in told["AVISIT"]]
    own = told.filter(pl.Series(judged, dtype=pl.Boolean))
    shown = [("response", *key) in names for key in own.select("AVISIT", "category").iter_rows()]
    return _shares(own, shown).with_columns(denominator=own["denominator"])


def _safety(rows: pl.DataFrame, names: set[Name], plan: Spec) -> pl.DataFrame:
    treated = ("set", plan["safety_population"]) in names
    own = rows.filter(pl.col("category").is_in(_KINDS), pl.lit(treated))
    shown = [("event", *key) in names for key in own.select("category", "term").iter_rows()]
    return _shares(own, shown).with_columns(denominator=own["denominator"])


def _courses(shown: Frames, spec: Spec) -> pl.DataFrame:
    """Mean ± SE of the visits that are shown, baseline first, as `trajectories.summarise` gives it."""
    start = spec["visits"]["baseline"]
    ends = [end["name"] for end in spec["visits"].get("ends") or []]
    base = shown["baseline"].filter(
        pl.col("category").is_null(),
        pl.col("n").is_not_null(),
        pl.col("PARAMCD").is_in(shown["paired"]["PARAMCD"]),
        population=spec["statistics"]["population"],
    )
    at_start = base.select(
        *("PARAMCD", "PARAM", "UNIT", "n", "mean", "sd"),
        AVISIT=pl.lit(start["name"]),
        AVISITN=pl.lit(float(start["number"])),
        p=pl.lit(None, pl.Float64),
    )
    later = (
        shown["paired"]
        .filter(~pl.col("AVISIT").is_in(ends))
        .select(
            *("PARAMCD", "PARAM", "UNIT", "n"),
            *("AVISIT", "AVISITN", "p"),
            mean="visit_mean",
            sd="visit_sd",
        )
    )
    error = pl.col("sd") / pl.col("n").sqrt()
    return (
        pl.concat([at_start, later], how="diagonal_relaxed")
        .sort("PARAMCD", "AVISITN")
        .select(
            *("PARAMCD", "PARAM", "AVISIT", "AVISITN", "n", "p"),
            AVALU="UNIT",
            centre="mean",
            low=pl.col("mean") - error,
            high=pl.col("mean") + error,
        )
    )


def _classes(response: pl.DataFrame) -> pl.DataFrame:
    """The classes of the visits of which nothing is hidden, as `response_bars.stacked` takes them."""
    single = response.filter(~pl.col("category").str.contains("+", literal=True))
    whole = pl.col("count").is_not_null().all().over("AVISIT")
    drawn = single.filter(whole, pl.col("AVISIT") != BEST, pl.col("count") > 0)
    return drawn.select("AVISIT", "AVISITN", AVALC="category", n="count")


def _results(shown: Frames, spec: Spec, say: Labels) -> list[Markup]:
    """The set, the course of the first parameter, the response of the definition that is told."""
    told = [_course(shown["paired"], code, spec, say) for code in spec["report"]["parameters"]]
    return [
        sentence for sentence in [*told, *_told_response(shown["response"], spec, say)] if sentence
    ]


def _course(paired: pl.DataFrame, code: str, spec: Spec, say: Labels) -> Markup:
    """From where to where at the visits that differ; at the last one shown where none does."""
    rows = paired.filter(PARAMCD=code).sort("AVISITN")
    if rows.is_empty():
        return Markup("")
    alpha = significance(spec["statistics"])
    different = rows.filter(pl.col("p") < alpha)
    listed = (different if different.height else rows.tail(1)).head(spec["report"]["listed_visits"])
    decimals = spec["tables"]["decimals"].get(code, spec["tables"]["decimals"]["default"])
    changes = [
        fill(
            say("results.change"),
            visit=say.of("in_text", row["AVISIT"]),
            base=mean_sd(row["base_mean"], row["base_sd"], decimals),
            value=mean_sd(row["visit_mean"], row["visit_sd"], decimals),
            unit=unit(row["UNIT"]),
            n=row["n"],
            p=p_statement(row["p"]),
        )
        for row in listed.iter_rows(named=True)
    ]
    name = say.of("param", code)
    return fill(
        say("results.public_course"),
        name=rows["PARAM"][0] if name == code else name,
        told=Markup(say("results.and")).join(changes),
    )


def _told_response(response: pl.DataFrame, spec: Spec, say: Labels) -> list[Markup]:
    """The best response and the one at the end, every class with its number or as hidden."""
    if spec["report"]["definition"] is None:
        return []
    decimals = spec["tables"]["percent_decimals"]
    known = spec["categories"][spec["report"]["definition"]]
    names = {category["code"]: label(category, say.language) for category in known}
    sentences = []
    for visit in (BEST, spec["report"]["last_visit"]):
        rows = response.filter(AVISIT=visit)
        shares = [
            fill(
                "{} {}",
                names.get(row["category"], row["category"]),
                say("table.hidden")
                if row["count"] is None
                else f"{row['count']}/{row['denominator']} ({number(row['percent'], decimals)}%)",
            )
            for row in rows.iter_rows(named=True)
        ]
        if shares:
            sentences.append(
                fill(
                    say("results.public_response"),
                    definition=say.of("definition", spec["report"]["definition"]),
                    visit=say.of("visit", visit),
                    shares=Markup(say("list.comma")).join(shares),
                )
            )
    return sentences
