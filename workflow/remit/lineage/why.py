"""What stands behind a statistic: the records that went into it, and the lines they were read from.

A statistic is named by its table, the values of its keys in any order, and its own name, as in
`paired UPCR "Month 4" base_mean`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from remit.analysis import composites, daily_doses
from remit.analysis.assessments import before_flare
from remit.analysis.categories import place
from remit.analysis.events import DEATH, END, FIRST_DOSE
from remit.analysis.study_days import date_of
from remit.errors import RemitError
from remit.schemas.catalogue import KEYS, TABLES
from remit.statistics.paired import planned_records
from remit.statistics.response import carried_forward, fully_assessed
from remit.statistics.safety import UNKNOWN

Frames = Mapping[str, pl.DataFrame]
Row = Mapping[str, Any]

#: A record behind a statistic, as it was analysed.
RECORD = ("ROLE", "USUBJID", "WHAT", "AVISIT", "ADT", "AVAL", "AVALU", "DTYPE", "ROWID")
#: The same record as the laboratory or the ward reported it, and where.
SOURCE = (
    *("DOMAIN", "TEST", "DTC", "REPORTED", "REPORTEDU", "FACTOR", "CONVERTED", "CONVERTEDU"),
    *("SRCFILE", "SRCLINE", "SRCSHA", "SRCROW"),
)
#: Keys whose values share one denominator.
_COUNTED = {"category", "soc", "term"}
_SEVERE = ["SEVERE", "LIFE THREATENING", "FATAL"]
#: What of ADSL comes from demographics, and what from which doses.
_OF_DM = {"AGE", "SEX", "WEIGHT", "LNCLASS"}
_OF_EX = {"AGE": "first", "TRTDURM": "ends", "TRTDURD": "ends", "NDOSES": "all"}


def find(ard: pl.DataFrame, table: str, words: Sequence[str], statistic: str) -> Row:
    """The one row of `ard` that the words name.

    Args:
        ard: `results/statistics/ard.parquet`.
        table: a table of it.
        words: values of keys (PARAMCD, AVISIT, population, …), in any order and case. A key that is
            not named is empty where it can be.
        statistic: the statistic's name.

    Raises:
        RemitError: nothing, or more than one row, is so named; the message lists what there is.
    """
    if table not in TABLES:
        raise RemitError(f"there is no table {table!r}; there are: {', '.join(sorted(TABLES))}")
    rows = ard.filter(pl.col("table") == table)
    keys = [key for key in TABLES[table] if key != "PARAM"]
    for word in words:
        said = [pl.col(key).cast(pl.String).str.to_lowercase() == word.lower() for key in keys]
        if rows.filter(pl.any_horizontal(said)).is_empty():
            raise RemitError(f"{table}: nothing is called {word!r}; {_choices(rows, keys)}")
        rows = rows.filter(pl.any_horizontal(said))
    named = rows.filter(pl.col("statistic") == statistic)
    if named.is_empty():
        there = rows["statistic"].unique(maintain_order=True).to_list()
        raise RemitError(f"{table}: there is no statistic {statistic!r}; it has {', '.join(there)}")
    if statistic == "denominator":  # the same for every category of a row
        named = named.unique([*set(keys) - _COUNTED, "value"], keep="first", maintain_order=True)
    for key in keys:
        if named.height > 1 and named[key].null_count():
            named = named.filter(pl.col(key).is_null())
    if named.height > 1:
        raise RemitError(f"{table}: {named.height} rows are so named; {_choices(named, keys)}")
    return named.row(0, named=True)


def records(row: Row, data: Frames, plan: Mapping[str, Any]) -> pl.DataFrame:
    """The analysed records that went into a statistic.

    Args:
        row: a row of `ard`.
        data: analysis data sets (subjects visits responses criteria events adverse_events exposure)
            and harmonized domains (dm ex).
        plan: the config; its `statistics`, `responses`, `events` and `categories` are read.

    Returns:
        `RECORD`, sorted, each once. ROLE says what the record was taken for.
    """
    found = _TABLES[row["table"]](row, data, plan)
    frames = [_record(role, frame) for role, frame in found]
    empty = pl.DataFrame(schema={name: _KINDS.get(name, pl.String) for name in RECORD})
    order = ["ROLE", "USUBJID", "WHAT", "ADT", "ROWID"]
    order += [name for name in RECORD if name not in order]
    return pl.concat([empty, *frames]).unique().sort(*order, nulls_last=True)


def sources(
    found: pl.DataFrame, data: Frames, plan: Mapping[str, Any], dictionaries: Frames
) -> pl.DataFrame:
    """The lines of the extracts that the records were made of.

    Args:
        found: from `records`.
        data: the harmonized domains dm ex lb qs cm ae, and `visits`.
        plan: the config; its `derivations` is read.
        dictionaries: `resources.DERIVED_WITH` as frames.

    Returns:
        `RECORD` and `SOURCE`; a derived record has a line for each of its parts.
    """
    parts = _parts(found, data, plan, dictionaries)
    links = pl.concat([found.with_columns(SRCROW="ROWID"), *parts]).unique()
    lines = pl.concat([_reported(domain, data[domain]) for domain in _REPORTED])
    table = links.join(lines, on="SRCROW", how="left").select(*RECORD, *SOURCE)
    return table.sort(*RECORD[:5], "SRCFILE", "SRCLINE", nulls_last=True)


def said() -> pl.Expr:
    """What stands in a line of `sources`, and what became of it, in words."""
    reported = pl.concat_str("REPORTED", "REPORTEDU", separator=" ", ignore_nulls=True)
    converted = pl.concat_str("CONVERTED", "CONVERTEDU", separator=" ", ignore_nulls=True)
    factor = pl.col("FACTOR").cast(pl.String).str.strip_suffix(".0")
    return pl.concat_str(
        pl.concat_str("TEST", "DTC", separator=" ", ignore_nulls=True),
        pl.when(reported != "").then(pl.format(": {}", reported)),
        pl.when(pl.col("CONVERTED").is_not_null()).then(pl.format(" × {} = {}", factor, converted)),
        ignore_nulls=True,
    )


def _choices(rows: pl.DataFrame, keys: Sequence[str]) -> str:
    """What can still be said to tell rows apart."""
    told = []
    for key in keys:
        values = rows[key].drop_nulls().unique().sort().cast(pl.String).to_list()
        if len(values) > 1 and KEYS[key] == pl.String:
            told.append(f"{key}: {', '.join(values[:12])}" + (", …" if len(values) > 12 else ""))
    return "; ".join(told) or "name fewer"


_KINDS: dict[str, Any] = {"ADT": pl.Date, "AVAL": pl.Float64}
Found = list[tuple[str, pl.DataFrame]]


def _record(role: str, frame: pl.DataFrame) -> pl.DataFrame:
    columns = {"WHAT": "PARAMCD"} if "WHAT" not in frame.columns else {}
    frame = frame.with_columns(
        ROLE=pl.lit(role), **{new: pl.col(old) for new, old in columns.items()}
    )
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(
            _KINDS.get(name, pl.String)
        )
        for name in RECORD
    )


def _members(row: Row, data: Frames, plan: Mapping[str, Any]) -> pl.DataFrame:
    spec = plan["statistics"]
    population = row["population"] or spec["population"]
    return data["subjects"].filter(pl.col(population) == "Y")


def _pairs(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    """Visits of the planned comparison and the baselines they were compared with."""
    planned = planned_records(data["visits"], data["subjects"], plan["statistics"])
    planned = planned.filter(pl.col("PARAMCD") == row["PARAMCD"], pl.col("base").is_not_null())
    if row["AVISIT"] is not None:
        planned = planned.filter(pl.col("AVISIT") == row["AVISIT"])
    own = data["visits"].filter(pl.col("PARAMCD") == row["PARAMCD"])
    base = own.filter(pl.col("ABLFL") == "Y").join(
        planned.select("USUBJID"), on="USUBJID", how="semi"
    )
    found = [("baseline", base), ("visit", planned)]
    if row["table"] == "sensitivity":  # other choices look at every record of the visit
        others = own.join(planned.select("USUBJID", "AVISIT"), on=["USUBJID", "AVISIT"], how="semi")
        found.append(("record of the visit", others.filter(pl.col("ANL01FL").is_null())))
    return found


def _regression(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    members = _members(row, data, plan).select("USUBJID")
    own = data["visits"].filter(pl.col("PARAMCD") == row["PARAMCD"], pl.col("AVAL").is_not_null())
    own = own.join(members, on="USUBJID", how="semi")
    last = pl.col("AVISIT") == plan["statistics"]["visits"][-1]
    return [
        ("before treatment", own.filter(pl.col("ADY") <= 1)),
        ("visit", own.filter(pl.col("ANL01FL") == "Y", last)),
    ]


def _baseline(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    members, code = _members(row, data, plan), row["PARAMCD"]
    if code in members.columns:
        known = members.filter(pl.col(code).is_not_null())
        if row["category"] is not None and row["statistic"] == "count":
            known = known.filter(pl.col(code) == row["category"])
        return _of_subjects(known, code, data)
    own = data["visits"].filter(pl.col("PARAMCD") == code, pl.col("ABLFL") == "Y")
    own = own.filter(pl.col("AVAL").is_not_null())
    return [("baseline", own.join(members.select("USUBJID"), on="USUBJID", how="semi"))]


def _of_subjects(members: pl.DataFrame, code: str, data: Frames) -> Found:
    """Demographics and doses that a value of ADSL comes from."""
    value = pl.col(code).cast(pl.Float64, strict=False).alias("AVAL")
    named = members.select("USUBJID", value, PARAMCD=pl.lit(code))
    found = []
    if code in _OF_DM:
        rows = named.join(data["dm"].select("USUBJID", "ROWID"), on="USUBJID")
        found.append(("demographics", rows))
    if code in _OF_EX:
        doses = _doses(members, data)
        ends = doses.group_by("USUBJID", maintain_order=True)
        rows = {
            "first": ends.first(),
            "ends": pl.concat([ends.first(), ends.last()]),
            "all": doses,
        }[_OF_EX[code]]
        found.append(("dose", named.join(rows.select("USUBJID", "ADT", "ROWID"), on="USUBJID")))
    return found


def _doses(members: pl.DataFrame, data: Frames) -> pl.DataFrame:
    ex = data["ex"].with_columns(ADT=date_of("EXSTDTC"), AVAL="EXDOSE", PARAMCD=pl.lit("EXDOSE"))
    ex = ex.filter(pl.col("AVAL") > 0, pl.col("ADT").is_not_null())
    ex = ex.join(members.select("USUBJID"), on="USUBJID", how="semi")
    return ex.sort("USUBJID", "ADT", "ROWID")


def _exposure(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    members, code = _members(row, data, plan), row["PARAMCD"]
    if code in members.columns:
        return _of_subjects(members, code, data)
    doses = data["exposure"].join(members.select("USUBJID"), on="USUBJID", how="semi")
    doses = doses.select("USUBJID", "ROWID", ADT="ASTDT", AVAL=code, PARAMCD=pl.lit(code))
    # The interval of a dose needs the dose before it, also where that is the first.
    return [("dose", doses if code == "INTERVAL" else doses.drop_nulls("AVAL"))]


def _response(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    """Every comparison that decided those counted, and the baselines they refer to."""
    members = _members(row, data, plan).select("USUBJID")
    columns = {"nri": "AVALCNRI", "possible": "AVALCBST", "locf": "LOCF"}
    column = columns.get(row["rule"], "AVALC")
    own = fully_assessed(carried_forward(data["responses"])).filter(
        pl.col("DEFID") == row["definition"], pl.col(column).is_not_null()
    )
    own = own.join(members, on="USUBJID", how="semi")
    codes = (row["category"] or "").split("+")
    if row["AVISIT"] == "Best":
        rank = place(plan["categories"], column)
        own = own.filter(rank == rank.min().over("USUBJID"))
    elif row["AVISIT"] is not None:
        own = own.filter(pl.col("AVISIT") == row["AVISIT"])
    if row["category"] and row["statistic"] == "count":
        own = own.filter(pl.col(column).is_in(codes))
    if row["rule"] == "locf":
        own = own.with_columns(AVISIT="LOCFVISIT")
    return _criteria(own, data, plan)


def _criteria(
    assessed: pl.DataFrame, data: Frames, plan: Mapping[str, Any], role: str = "criterion"
) -> Found:
    keys = ["USUBJID", "DEFID", "AVISIT"]
    used = data["criteria"].join(assessed.select(keys), on=keys, how="semi").drop_nulls("ROWID")
    # A value computed from another has its row id; the value tells the two apart.
    at = ["USUBJID", "AVISIT", "ROWID"]
    visits = data["visits"]
    read = visits.join(used.select(*at, AVAL="VALUE").unique(), on=[*at, "AVAL"], how="semi")
    earlier = [visits.filter(pl.col("ABLFL") == "Y")]
    if (preflare := plan["responses"]["preflare"]) not in (None, "baseline"):
        earlier.append(before_flare(visits, preflare).select(visits.columns))
    base = pl.concat(earlier).join(
        read.select("USUBJID", "PARAMCD"), on=["USUBJID", "PARAMCD"], how="semi"
    )
    # Non-responder imputation counts who has no record at all: only that they are in the study.
    nobody = assessed.join(read, on="USUBJID", how="anti").select("USUBJID", "AVISIT").unique()
    nobody = nobody.join(data["dm"].select("USUBJID", "ROWID"), on="USUBJID")
    absent = nobody.with_columns(WHAT=pl.lit("not assessed"))
    drugs = data["cm"].select("ROWID", WHAT="CMTRT", ADT=date_of("CMSTDTC"), AVAL="CMDOSE")
    rescue = used.select("USUBJID", "AVISIT", "ROWID").unique().join(drugs, on="ROWID")
    return [("baseline", base), (role, read), ("no record", absent), ("rescue", rescue)]


def _safety(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    population = plan["statistics"]["safety_population"]
    members = data["subjects"].filter(pl.col(population) == "Y")
    if row["statistic"] == "denominator":
        treated = data["dm"].join(members, on="USUBJID", how="semi")
        return [("member", treated.select("USUBJID", "ROWID", WHAT=pl.lit(population)))]
    events = data["adverse_events"].filter(pl.col("TRTEMFL") == "Y")
    events = events.join(members.select("USUBJID"), on="USUBJID", how="semi")
    term, soc = pl.lit(row["term"], pl.String), pl.lit(row["soc"], pl.String)
    kept: dict[str, pl.Expr] = {
        "any": pl.lit(True),
        "related": pl.col("AREL") == "Y",
        "serious": pl.col("AESER") == "Y",
        "severe": pl.col("ASEV").is_in(_SEVERE),
        "discontinuation": pl.col("AEACN") == "DRUG WITHDRAWN",
        "death": pl.col("AEOUT") == "FATAL",
        "unknown": pl.any_horizontal(
            pl.lit(row["term"] == told) & pl.col(column).is_null()
            for column, told in UNKNOWN.items()
        ),
        "aesi": pl.col("AESI").str.split("; ").list.contains(term),
        "soc": pl.col("AEBODSYS") == term,
        "pt": pl.col("AEBODSYS").eq_missing(soc) & (pl.col("AEDECOD") == term),
    }
    own = events.filter(kept[row["category"]])
    found = [("event", own.select("USUBJID", "ROWID", WHAT="AEDECOD", ADT="ASTDT"))]
    if row["category"] == "death":
        died = members.filter(pl.col("DTHDT").is_not_null()).select("USUBJID", ADT="DTHDT")
        died = died.join(data["dm"].select("USUBJID", "ROWID"), on="USUBJID")
        found.append(("death", died.with_columns(WHAT=pl.lit("death"))))
    return found


def _time_to_event(row: Row, data: Frames, plan: Mapping[str, Any]) -> Found:
    """What the derivation wrote down: each record that was looked at, and for what it was taken."""
    own = data["event_records"].filter(pl.col("PARAMCD") == row["PARAMCD"]).drop("PARAMCD")
    at = ["USUBJID", "WHAT", "AVISIT", "ROWID"]
    visits = data["visits"].select(*at[::2], "ROWID", "AVAL", "AVALU", "DTYPE", WHAT="PARAMCD")
    people = data["dm"].select("USUBJID", "ROWID")
    found: Found = []
    for (role,), part in own.group_by("ROLE", maintain_order=True):
        bare = part.filter(pl.col("ROWID").is_null())
        ends = bare.filter(pl.col("WHAT").is_in([DEATH, END])).drop("ROWID")
        judged = bare.filter(~pl.col("WHAT").is_in([DEATH, END, FIRST_DOSE]))
        judged = judged.select("USUBJID", "AVISIT", DEFID="WHAT")
        found += [
            (str(role), part.join(visits, on=at)),
            (str(role), ends.join(people, on="USUBJID")),
            (str(role), _first_doses(bare.filter(pl.col("WHAT") == FIRST_DOSE), data)),
            *_criteria(judged, data, plan, str(role)),
        ]
    return found


def _first_doses(members: pl.DataFrame, data: Frames) -> pl.DataFrame:
    return _doses(members, data).group_by("USUBJID", maintain_order=True).first()


_TABLES: dict[str, Callable[[Row, Frames, Mapping[str, Any]], Found]] = {
    "baseline": _baseline,
    "paired": _pairs,
    "shift": _pairs,
    "longitudinal": _pairs,
    "sensitivity": _pairs,
    "regression_to_mean": _regression,
    "response": _response,
    "response_trend": _response,
    "time_to_event": _time_to_event,
    "exposure": _exposure,
    "safety": _safety,
}


def _parts(
    found: pl.DataFrame, data: Frames, plan: Mapping[str, Any], dictionaries: Frames
) -> list[pl.DataFrame]:
    """Further lines that derived records were computed from, as `found` with SRCROW."""
    spec = plan["derivations"]
    parts = [_same_day_items(found, data["qs"], dictionaries["questionnaires"])]
    made = data["visits"].filter(~pl.col("DTYPE").fill_null("").is_in(["AVERAGE", "LOV"]))
    composed = composites.parts(made, dictionaries["composites"]).rename({"PARAMCD": "WHAT"})
    parts.append(found.join(composed, on=["USUBJID", "WHAT", "ADT"]))
    ages = found.filter(pl.col("WHAT") == "EGFR")
    parts.append(ages.join(data["dm"].select("USUBJID", SRCROW="ROWID"), on="USUBJID"))
    for parameter, of_class in spec["daily_doses"].items():
        courses = daily_doses.courses(parameter, data["cm"], dictionaries, of_class)
        taken = found.filter(
            pl.col("WHAT") == parameter, pl.col("DTYPE") == daily_doses.DTYPE
        ).join(
            courses.filter(~pl.col("PULSE")).select("USUBJID", "START", "END", SRCROW="ROWID"),
            on="USUBJID",
        )
        first = pl.col("ADT").dt.offset_by(f"-{of_class.get('mean_days', 1) - 1}d")
        running = (pl.col("START") <= pl.col("ADT")) & (first <= pl.col("END")).fill_null(True)
        parts.append(taken.filter(running))
    for section, other in (("upcr_from_parts", "creatinine"), ("protein_24h", "volume")):
        if spec.get(section):
            parts.append(_same_specimen(found, data["lb"], spec[section][other]))
    return [part.select(*RECORD, "SRCROW") for part in parts]


def _same_day_items(found: pl.DataFrame, qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The items of the questionnaire of a score's day."""
    own = items.select("QSTESTCD", DTYPE=pl.format("{} ITEMS", "questionnaire"))
    scored = qs.join(own, on="QSTESTCD")
    scored = scored.select("USUBJID", "DTYPE", ADT=date_of("QSDTC"), SRCROW="ROWID")
    return found.join(scored, on=["USUBJID", "DTYPE", "ADT"])


def _same_specimen(found: pl.DataFrame, lb: pl.DataFrame, code: str) -> pl.DataFrame:
    specimen = ["USUBJID", "LBDTC", "LBREFID"]
    own = found.join(lb.select("ROWID", *specimen), on=["ROWID", "USUBJID"])
    others = lb.filter(pl.col("LBTESTCD") == code).select(*specimen, SRCROW="ROWID")
    derived = pl.col("DTYPE").is_in(["PROTEIN/CREATININE", "CONCENTRATION*VOLUME"])
    return own.filter(derived).join(others, on=specimen, nulls_equal=True)


_TEXT = pl.lit(None, pl.String)
#: Per domain: what was observed, when, what stands in the extract, and what became of it.
_REPORTED: dict[str, Sequence[str | pl.Expr]] = {
    "dm": (pl.lit("Demographics"), "RFICDTC", _TEXT, _TEXT, pl.lit(None), _TEXT, _TEXT),
    "ex": ("EXTRT", "EXSTDTC", "EXDOSE", "EXDOSU", pl.lit(None), _TEXT, _TEXT),
    "lb": ("LBTEST", "LBDTC", "LBORRES", "LBORRESU", "UNITFAC", "LBSTRESC", "LBSTRESU"),
    "qs": ("QSTEST", "QSDTC", "QSORRES", _TEXT, pl.lit(None), "QSSTRESN", _TEXT),
    "cm": ("CMTRT", "CMSTDTC", "CMDOSE", "CMDOSU", pl.lit(None), "CMDOSFRQ", _TEXT),
    "ae": ("AEDECOD", "AESTDTC", "AETERM", _TEXT, pl.lit(None), _TEXT, _TEXT),
}


def _reported(domain: str, frame: pl.DataFrame) -> pl.DataFrame:
    names = SOURCE[1:8]
    given = [pl.col(c) if isinstance(c, str) else c for c in _REPORTED[domain]]
    return frame.select(
        *[
            c.cast(pl.Float64 if name == "FACTOR" else pl.String).alias(name)
            for name, c in zip(names, given, strict=True)
        ],
        *("SRCFILE", "SRCLINE", "SRCSHA"),
        DOMAIN=pl.lit(domain),
        SRCROW="ROWID",
    )
