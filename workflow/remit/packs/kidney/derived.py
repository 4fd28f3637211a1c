"""What a study of the kidney derives: filtration rate, protein excretion from its parts, one proteinuria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from remit.analysis.division import divided
from remit.analysis.study_days import completed_years
from remit.packs.kidney import egfr

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def derived(
    measured: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> Iterator[pl.DataFrame]:
    """The records that section `derivations` asks for.

    Args:
        measured: `RECORD`, the laboratory's.
        subjects: USUBJID SEX BRTHDT TRTSDT.
        spec: Config section `derivations`.
    """
    found = [measured]
    if spec.get("upcr_from_parts"):
        found.append(_upcr_from_parts(measured, spec["upcr_from_parts"]))
    if spec.get("protein_24h"):
        found.append(_protein_24h(measured, spec["protein_24h"]))
    if spec.get("egfr"):
        found.append(_egfr(measured, subjects, spec["egfr"]))
    if spec.get("proteinuria"):
        found.append(_proteinuria(pl.concat(found), subjects, spec["proteinuria"]))
    yield from found[1:]


def _egfr(measured: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """EGFR from serum creatinine (umol/L), age at sampling in completed years, and sex."""
    people = subjects.select("USUBJID", "SEX", "BRTHDT")
    age = completed_years("BRTHDT", "ADT")
    return (
        measured.filter(pl.col("PARAMCD") == "SCR")
        .join(people, on="USUBJID", how="left", maintain_order="left")
        .with_columns(
            PARAMCD=pl.lit("EGFR"),
            AVAL=egfr.egfr(spec["formula"], pl.col("AVAL"), age, pl.col("SEX") == "F"),
            # A creatinine below a limit is a filtration rate above one.
            AVALOPER=pl.col("AVALOPER").replace(FLIPPED),
            DTYPE=pl.lit(spec["formula"]),
        )
    )


def _upcr_from_parts(measured: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """UPCR (g/g) from urine protein (g/L) and urine creatinine (mmol/L) of one specimen.

    1 mmol of creatinine weighs 0.11312 g. Only where the laboratory reported no ratio for the
    specimen, and only where creatinine is above zero.
    """
    keys = ["USUBJID", "ADT", "ADTM", "REFID"]
    protein, creatinine = spec["protein"], spec["creatinine"]
    reported = measured.filter(pl.col("PARAMCD") == "UPCR").select(keys)
    part = measured.filter(pl.col("PARAMCD") == creatinine, pl.col("AVALOPER").is_null())
    creatinines = part.select(*keys, CREATININE="AVAL").unique(keys, keep="first")
    return (
        measured.filter(pl.col("PARAMCD") == protein)
        .join(reported, on=keys, how="anti", nulls_equal=True)
        .join(creatinines, on=keys, how="inner", nulls_equal=True)
        .filter(pl.col("CREATININE") > 0)
        .with_columns(
            PARAMCD=pl.lit("UPCR"),
            AVAL=pl.col("AVAL") / (pl.col("CREATININE") * 0.11312),
            DTYPE=pl.lit("PROTEIN/CREATININE"),
        )
    )


def _protein_24h(measured: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """24-hour urine protein (g/24 h) from its concentration (g/L) and volume (mL)."""
    keys = ["USUBJID", "ADT", "ADTM", "REFID"]
    volumes = measured.filter(pl.col("PARAMCD") == spec["volume"], pl.col("AVALOPER").is_null())
    low, high = spec["volume_limits"]
    return (
        measured.filter(pl.col("PARAMCD") == spec["concentration"])
        .join(
            measured.filter(pl.col("PARAMCD") == "UP24").select(keys),
            on=keys,
            how="anti",
            nulls_equal=True,
        )
        .join(
            volumes.select(*keys, VOLUME="AVAL").unique(keys, keep="first"),
            on=keys,
            how="inner",
            nulls_equal=True,
        )
        .filter(pl.col("VOLUME").is_between(low, high))
        .with_columns(
            PARAMCD=pl.lit("UP24"),
            AVAL=divided(pl.col("AVAL") * pl.col("VOLUME"), 1000),
            DTYPE=pl.lit("CONCENTRATION*VOLUME"),
        )
    )


def _proteinuria(
    records: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """UPBEST: each subject's proteinuria by one method, the best that gives a pair.

    A record belongs to the first source that it fits. Of the sources, best first, a subject takes the
    first with a value both at baseline and after it; else the first with one at baseline; else the
    first with any. Methods are never mixed in a subject; DTYPE names the one taken.
    """
    source = pl.lit(None, pl.Int64)
    for k, entry in reversed(list(enumerate(spec["sources"]))):
        fits = pl.col("PARAMCD") == entry["parameter"]
        if entry.get("methods"):
            methods = [method.lower() for method in entry["methods"]]
            fits &= pl.col("METHOD").str.to_lowercase().is_in(methods).fill_null(False)
        source = pl.when(fits).then(k).otherwise(source)
    names = {
        k: ", ".join([entry["parameter"], *entry.get("methods", [])[:1]])
        for k, entry in enumerate(spec["sources"])
    }
    day = (pl.col("ADT") - pl.col("TRTSDT")).dt.total_days()
    found = (
        records.with_columns(source=source)
        .filter(pl.col("source").is_not_null())
        .join(subjects.select("USUBJID", "TRTSDT"), on="USUBJID", how="left", maintain_order="left")
    )
    value = pl.col("AVAL").is_not_null()
    before = (value & day.is_between(-spec["look_back"], 0)).any()
    after = (value & (day > 0)).any()
    best = (
        found.group_by("USUBJID", "source")
        .agg(worse=pl.when(before & after).then(0).when(before).then(1).otherwise(2))
        .sort("USUBJID", "worse", "source")
        .group_by("USUBJID", maintain_order=True)
        .agg(pl.col("source").first())
    )
    return (
        found.join(best, on=["USUBJID", "source"], how="semi", maintain_order="left")
        .with_columns(
            PARAMCD=pl.lit("UPBEST"),
            DTYPE=pl.col("source").replace_strict(names, return_dtype=pl.String),
        )
        .drop("source", "TRTSDT")
    )
