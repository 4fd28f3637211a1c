"""One row per subject: treatment dates, sets, and the reason for every exclusion (ADSL)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.criteria import Scale, columns, ends, verdict
from remit.analysis.division import divided
from remit.analysis.study_days import after_first_dose, completed_years, date_bounds, date_of
from remit.analysis.treatment import treatment
from remit.errors import RemitError
from remit.plan.definitions import leaves

COLUMNS = (
    *(
        "STUDYID",
        "USUBJID",
        "AGE",
        "SEX",
        "LNCLASS",
        "WEIGHT",
        "RFICDT",
        "TRTSDT",
        "TRTSDTM",
        "TRTEDT",
    ),
    *("TRTDURD", "TRTDURM", "NDOSES", "EOSDT", "EOSSTT", "DTHDT", "ENRLFL", "ELIGFL", "SAFFL"),
    *("EFFFL", "ELIGRSN", "SAFRSN", "EFFRSN", "BRTHDT", "BRTHDTF", "LNDXDT", "TRTONFL"),
)
#: Parameters of a criterion that are of the person, not measured on a day.
OF_PEOPLE = ("AGE", "WEIGHT")


def derive_subjects(
    dm: pl.DataFrame,
    ex: pl.DataFrame,
    lb: pl.DataFrame,
    scores: pl.DataFrame | None,
    analytes: pl.DataFrame,
    contacts: pl.DataFrame,
    spec: Mapping[str, Any],
    consent: bool = True,
) -> pl.DataFrame:
    """ADSL, one row per subject of `dm`, sorted by USUBJID.

    Args:
        dm: Harmonized demographics.
        ex: Harmonized doses.
        lb: Harmonized laboratory results.
        scores: What is derived from results and questionnaires: USUBJID ROWID PARAMCD AVAL ADT ADTM
            AVALOPER, or None.
        analytes: PARAMCD decimals.
        contacts: USUBJID LASTDT, from `treatment.last_contacts`.
        spec: Config section `subjects`.
        consent: whether the study collects dates of consent; where it does not, all are enrolled.

    Returns:
        `COLUMNS`. AGE is in completed years at first dose (at consent when never treated), by the year or
        month of birth where BRTHDTF says that the month (M) or day (D) is not known; TRTDURD
        in days including both ends, TRTDURM in study months of `month_days` days, WEIGHT in kg.
        TRTONFL says that treatment went on at TRTEDT, which is then the last contact.

    Raises:
        RemitError: a subject with two rows in `dm`.
    """
    twice = dm.filter(pl.col("USUBJID").is_duplicated())["USUBJID"].unique().sort()
    if len(twice):
        raise RemitError(
            f"subjects with more than one demographics record: {', '.join(twice)}. "
            "Send a corrected extract, or leave the extra rows out of it."
        )
    frame = people(dm, ex, contacts, spec).with_columns(
        AGE=completed_years("BRTHDT", pl.coalesce("TRTSDT", "RFICDT")).cast(pl.Float64),
        TRTDURM=divided(pl.col("TRTDURD"), spec["month_days"]),
        NDOSES=pl.col("NDOSES").fill_null(0),
    )
    before = _before_treatment(frame, lb, scores, analytes, spec)
    frame = frame.join(_eligibility(before, analytes, spec), on="USUBJID", how="left")
    frame = frame.join(_assessed(frame, lb, spec), on="USUBJID", how="left")
    return _with_sets(frame, spec, consent).sort("USUBJID").select(COLUMNS)


def laboratory_tests(spec: Mapping[str, Any]) -> list[str]:
    """LBTESTCD of all results that `derive_subjects` looks at; many names are no laboratory test."""
    return sorted({*_eligibility_parameters(spec), *spec["efficacy"].get("baseline_and_after", [])})


def flow(subjects: pl.DataFrame) -> pl.DataFrame:
    """The numbers of the flow diagram, in order: each step's n and, indented, why others left.

    Each step's n is that of the step before less its reasons. Who was enrolled without being
    eligible is taken off first and comes back with a reason of a negative n.

    Returns:
        step, reason (null for the step itself), n.
    """
    enrolled = subjects.filter(pl.col("ENRLFL") == "Y")
    safety = enrolled.filter(pl.col("SAFFL") == "Y")
    steps = [
        ("Screened", subjects, None),
        ("Eligible", subjects.filter(pl.col("ELIGFL") == "Y"), _counts(subjects, "ELIGRSN")),
        ("Enrolled", enrolled, _enrolment(subjects)),
        ("Safety set", safety, _counts(enrolled, "SAFRSN")),
        (
            "Efficacy set",
            safety.filter(pl.col("EFFFL") == "Y"),
            _counts(safety, "EFFRSN"),
        ),
    ]
    rows: list[tuple[str, str | None, int]] = []
    for step, members, reasons in steps:
        rows.append((step, None, members.height))
        rows += [(step, reason, n) for reason, n in reasons or []]
    return pl.DataFrame(
        rows, schema={"step": pl.String, "reason": pl.String, "n": pl.Int64}, orient="row"
    )


def _enrolment(subjects: pl.DataFrame) -> list[tuple[str, int]]:
    eligible, enrolled = pl.col("ELIGFL") == "Y", pl.col("ENRLFL") == "Y"
    without = subjects.filter(eligible, ~enrolled).height
    though = subjects.filter(~eligible, enrolled).height
    reasons = [
        ("not enrolled: no date of consent", without),
        ("enrolled though not eligible", -though),
    ]
    return [(reason, n) for reason, n in reasons if n]


def _counts(subjects: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    counts = subjects.drop_nulls(column).group_by(column).len()
    return list(counts.sort(["len", column], descending=[True, False]).iter_rows())


def people(
    dm: pl.DataFrame, ex: pl.DataFrame, contacts: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Who the subjects are and when they were treated; the arguments are those of `derive_subjects`."""
    treated = treatment(ex, dm, contacts, spec.get("treatment") or {})
    return _people(dm).join(treated, on="USUBJID", how="left")


def _people(dm: pl.DataFrame) -> pl.DataFrame:
    # A birth known by its year or month gives the age by it.
    told = pl.col("BRTHDTC").str.len_chars()
    year, month = told == len("1990"), told == len("1990-05")
    return dm.select(
        "STUDYID",
        "USUBJID",
        "SEX",
        "LNCLASS",
        pl.col("WEIGHT").cast(pl.Float64),
        BRTHDT=date_bounds("BRTHDTC")[0],
        BRTHDTF=pl.when(year).then(pl.lit("M")).when(month).then(pl.lit("D")),
        RFICDT=date_of("RFICDTC"),
        LNDXDT=date_of("LNDXDTC"),
        EOSDT=date_of("DSSTDTC"),
        EOSSTT="DSDECOD",
        DTHDT=date_of("DTHDTC"),
    )


def _before_treatment(
    people: pl.DataFrame,
    lb: pl.DataFrame,
    scores: pl.DataFrame | None,
    analytes: pl.DataFrame,
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """Per subject the last value of each eligibility parameter within the screening look-back."""
    wanted = _eligibility_parameters(spec)
    measured = lb.filter(pl.col("LBTESTCD").is_in(wanted)).select(
        "USUBJID",
        "ROWID",
        PARAMCD="LBTESTCD",
        AVAL="LBSTRESN",
        OPER="LBOPER",
        TEXT="LBSTRESC" if "LBSTRESC" in lb.columns else pl.lit(None, pl.String),
        LLN="LBSTNRLO",
        ULN="LBSTNRHI",
        ADT=date_of("LBDTC"),
        moment="LBDTC",
    )
    if scores is not None:
        score = scores.filter(pl.col("PARAMCD").is_in(wanted))
        measured = pl.concat(
            [
                measured,
                score.with_columns(
                    moment=pl.coalesce("ADTM", pl.col("ADT").cast(pl.String)), OPER="AVALOPER"
                ).select("USUBJID", "ROWID", "PARAMCD", "AVAL", "OPER", "ADT", "moment"),
            ],
            how="diagonal",
        )
    low, high = ends("AVAL", "TEXT")
    measured = measured.with_columns(LOW=low, HIGH=high)
    origin = pl.coalesce("TRTSDT", "RFICDT")
    age = (pl.col("ADT") - pl.col("origin")).dt.total_days()
    last = (
        measured.filter(pl.col("LOW").is_not_null())
        .join(people.select("USUBJID", "TRTSDTM", origin=origin), on="USUBJID", how="inner")
        .filter(
            age.is_between(-spec["screening_days"], 0),
            ~after_first_dose("moment", "TRTSDTM").fill_null(False),
        )
        .sort("USUBJID", "PARAMCD", "moment", "AVAL", "TEXT", "ROWID")
        .group_by("USUBJID", "PARAMCD", maintain_order=True)
        .last()
    )
    present = {c["present"] for c in spec["eligibility"] if c.get("present")}
    wide = people.select("USUBJID", *sorted(present), DAY=pl.lit(1))
    for code in (code for code in wanted if code in OF_PEOPLE):
        own = people.select("USUBJID", *columns(code, AVAL=code))
        wide = wide.join(own, on="USUBJID", how="left")
    for code in (code for code in wanted if code not in OF_PEOPLE):
        own = last.filter(pl.col("PARAMCD") == code).select(
            "USUBJID",
            *columns(code, **{c: c for c in ("AVAL", "LOW", "HIGH", "OPER", "ULN", "LLN")}),
        )
        wide = wide.join(own, on="USUBJID", how="left")
    return wide


def _eligibility_parameters(spec: Mapping[str, Any]) -> list[str]:
    found = [
        leaf["parameter"]
        for criterion in spec["eligibility"]
        if criterion.get("criterion")
        for leaf in leaves(criterion["criterion"])
    ]
    return list(dict.fromkeys(found))


def _eligibility(
    wide: pl.DataFrame, analytes: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """ELIGFL, and for those not eligible the criteria that failed or could not be judged."""
    scale = Scale(dict(analytes.select("PARAMCD", "decimals").iter_rows()))
    verdicts, reasons = [], []
    for criterion in spec["eligibility"]:
        if criterion.get("present"):
            met = pl.col(criterion["present"]).is_not_null()
        else:
            met = verdict(criterion["criterion"], scale)
        text = criterion["text"]
        verdicts.append(met)
        reasons.append(
            pl.when(met.not_())
            .then(pl.lit(f"not met: {text}"))
            .when(met.is_null())
            .then(pl.lit(f"not evaluable: {text}"))
        )
    if not verdicts:
        return wide.select("USUBJID", ELIGFL=pl.lit("Y"), ELIGRSN=pl.lit(None, pl.String))
    met = pl.all_horizontal(verdicts).fill_null(False)
    return wide.select(
        "USUBJID",
        ELIGFL=_flag(met),
        ELIGRSN=pl.when(~met).then(pl.concat_str(reasons, separator="; ", ignore_nulls=True)),
    )


def _assessed(people: pl.DataFrame, lb: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """Whether each parameter that the efficacy set requires was measured before and after."""
    wide = people.select("USUBJID")
    for code in spec["efficacy"].get("baseline_and_after", []):
        day = (date_of("LBDTC") - pl.col("TRTSDT")).dt.total_days()
        late = after_first_dose("LBDTC", "TRTSDTM").fill_null(False)
        seen = (
            lb.filter(pl.col("LBTESTCD") == code, pl.col("LBSTRESN").is_not_null())
            .join(people.select("USUBJID", "TRTSDT", "TRTSDTM"), on="USUBJID", how="inner")
            .group_by("USUBJID")
            .agg(
                ((day <= 0) & ~late).any().alias(f"{code}|before"),
                (day > 0).any().alias(f"{code}|after"),
            )
        )
        wide = wide.join(seen, on="USUBJID", how="left")
    return wide


def _with_sets(frame: pl.DataFrame, spec: Mapping[str, Any], consent: bool) -> pl.DataFrame:
    """Enrolled: consented. Safety: enough doses. Efficacy: safety, treated long enough, assessed."""
    minimum, limit = spec["safety"]["doses"], spec["efficacy"]["treated_more_than_days"]
    none = pl.lit(None, pl.String)
    enrolled = pl.col("RFICDT").is_not_null() if consent else pl.lit(True)
    safety = (
        pl.when(~enrolled)
        .then(pl.lit("not enrolled: no date of consent"))
        .when(pl.col("NDOSES") < minimum)
        .then(pl.lit("never treated" if minimum == 1 else f"fewer than {minimum} doses"))
        .otherwise(none)
    )
    efficacy = (
        pl.when(pl.col("SAFRSN").is_not_null())
        .then("SAFRSN")
        .when(pl.col("TRTDURD") <= limit)
        .then(pl.lit(f"treated for no more than {spec['efficacy']['words']}"))
        .when(pl.col("TRTDURD").is_null() & (limit > 0))
        .then(pl.lit("the end of treatment is not known"))
    )
    for code in spec["efficacy"].get("baseline_and_after", []):
        for side, text in (("before", "at baseline"), ("after", "after baseline")):
            there = pl.col(f"{code}|{side}").fill_null(False)
            efficacy = efficacy.when(~there).then(pl.lit(f"no {code} {text}"))
    return (
        frame.with_columns(ENRLFL=_flag(enrolled), SAFRSN=safety)
        .with_columns(SAFFL=_flag(pl.col("SAFRSN").is_null()), EFFRSN=efficacy.otherwise(none))
        .with_columns(EFFFL=_flag(pl.col("EFFRSN").is_null()))
    )


def _flag(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit("Y")).otherwise(pl.lit("N"))
