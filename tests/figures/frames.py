"""A small cohort as literal analysis frames: ten treated, seven of them in the efficacy set."""

from datetime import date, timedelta
from io import StringIO
from typing import Any

import polars as pl

from remit import statistics as of
from remit.schemas.wide_tables import typed
from tests.shipped import categories_of

START = date(2020, 7, 1)
NOTE = "Synthetic reconstruction. No patient stands behind these data."

# patient: UPCR at month 0, 1, 2, … (g/g); None = not measured
UPCR: dict[str, list[float | None]] = {
    "LN-01": [17.30, 15.1, 12.2, 9.8, 8.4, 7.9, 6.1, 5.2, 4.9, 4.1],
    "LN-02": [9.20, 8.0, 7.1, 6.6, 6.2, 4.8, 4.1],
    "LN-03": [4.60, 3.9, 2.9, 2.2, 1.9, 1.4, 1.1, 0.9, 0.42],
    "LN-04": [2.60, 2.4, 2.2, 2.0, 1.6, 1.5],
    "LN-05": [1.90, 1.7, 1.6, None, 1.2, 1.0, 0.8, 0.6],
    "LN-06": [1.48, 1.4, 1.5, 1.6, 1.3, 1.2, 1.1],
    "LN-07": [1.35, 1.3, 1.1, 0.9, 0.4],
}
CLASSES: dict[str, list[str]] = {
    "LN-01": ["NR", "NR", "NR", "PR", "PR", "PR", "PR", "PR", "PR"],
    "LN-02": ["NR", "NR", "NR", "NR", "NR", "PR"],
    "LN-03": ["NR", "NR", "PR", "PR", "PR", "PR", "PR", "CR"],
    "LN-04": ["NR", "NR", "NR", "NR", "NR"],
    "LN-05": ["NR", "NR", "NE", "NR", "NR", "PR", "PR"],
    "LN-06": ["NR", "NR", "NR", "NR", "NR", "NR"],
    "LN-07": ["NR", "NR", "NR", "PR"],
}
SAFETY_ONLY = {"LN-08": 62, "LN-09": 70, "LN-10": 84}
OTHERS = {
    "ALB": ("Serum albumin", "g/L", 24.0, 1.6),
    "C3": ("Complement C3", "g/L", 0.52, 0.04),
    "SLEDAI": ("SLEDAI-2K", "{score}", 15.0, -1.1),
    "SLEDAISE": ("SLEDAI-2K, serology", "{score}", 3.0, -0.3),
    "SLEDAIOT": ("SLEDAI-2K, other items", "{score}", 3.0, -0.3),
    "RSLEDAI": ("SLEDAI-2K, renal items", "{score}", 8.0, -0.6),
    "PREDDOSE": ("Prednisone-equivalent dose", "mg/d", 30.0, -2.5),
}

PARAMETERS = {"UPCR": ("Urine protein/creatinine ratio", "g/g{creat}")} | {
    code: (name, unit) for code, (name, unit, _, _) in OTHERS.items()
}


def visit_name(month: int) -> str:
    return "Baseline" if month == 0 else f"Month {month}"


def visits() -> pl.DataFrame:
    rows = []
    for patient, values in UPCR.items():
        for month, value in enumerate(values):
            if value is not None:
                rows.append(_visit(patient, "UPCR", month, value, values[0]))
            for code, (_, _, start, slope) in OTHERS.items():
                base = start + (int(patient[-1]) - 4) * start / 20
                rows.append(_visit(patient, code, month, base + slope * month, base))
        last = rows[-len(OTHERS) - 1]
        rows.append({**last, "AVISIT": "End of follow-up", "AVISITN": 99.0, "DTYPE": "LOV"})
    return pl.DataFrame(rows, infer_schema_length=None)


def _visit(
    patient: str, code: str, month: int, value: float, base: float | None
) -> dict[str, object]:
    name, unit = PARAMETERS[code]
    return {
        "STUDYID": "BELI-LN",
        "USUBJID": patient,
        "PARAMCD": code,
        "PARAM": name,
        "PARAMN": list(PARAMETERS).index(code) + 1,
        "AVAL": round(value, 3),
        "AVALC": f"{value:.2f}",
        "AVALU": unit,
        "AVALOPER": None,
        "ADT": START + timedelta(28 * month),
        "ADTM": None,
        "ADY": 1 if month == 0 else 28 * month + 1,
        "AVISIT": visit_name(month),
        "AVISITN": float(month),
        "ABLFL": "Y" if month == 0 else None,
        "BASE": None if base is None else round(base, 3),
        "BASEOPER": None,
        "PCHG": None if base is None or month == 0 else 100 * (value - base) / base,
        "AWLO": None if month == 0 else 28 * month - 13,
        "ANL01FL": "Y",
        "DTYPE": None,
        "SELRSN": "only record of its visit",
        "SRCFILE": "west_lab/2020-07.csv",
        "SRCLINE": 2 + month,
        "ROWID": f"{patient}-{code}-{month}",
    }


def subjects() -> pl.DataFrame:
    days = {p: 28 * (len(v) - 1) + 1 for p, v in UPCR.items()} | SAFETY_ONLY
    ends = ["ONGOING", "COMPLETED", "ONGOING", "DISCONTINUED", "COMPLETED", "COMPLETED", "ONGOING"]
    ends += ["DISCONTINUED", "LOST TO FOLLOW-UP", "DISCONTINUED"]
    return pl.DataFrame(
        [
            {
                "STUDYID": "BELI-LN",
                "USUBJID": patient,
                "AGE": 24.0 + i,
                "SEX": "M" if i == 3 else "F",
                "LNCLASS": "IV" if i % 2 else "III+V",
                "WEIGHT": 50.0 + i,
                "TRTSDT": START,
                "TRTEDT": START + timedelta(n - 1),
                "TRTDURD": n,
                "TRTDURM": n / 28,
                "NDOSES": 2 + n // 28,
                "EOSDT": START + timedelta(n - 1),
                "EOSSTT": ends[i],
                "DTHDT": None,
                "ENRLFL": "Y",
                "ELIGFL": "Y",
                "ELIGRSN": None,
                "SAFFL": "Y",
                "SAFRSN": None,
                "EFFFL": "Y" if patient in UPCR else "N",
                "EFFRSN": None if patient in UPCR else "treated for no more than 3 months",
                "BRTHDTF": "M" if i == 3 else None,
            }
            for i, (patient, n) in enumerate(days.items())
        ],
        schema_overrides={"DTHDT": pl.Date, "ELIGRSN": pl.String, "SAFRSN": pl.String},
        infer_schema_length=None,
    )


def responses() -> pl.DataFrame:
    rows = []
    for patient, values in CLASSES.items():
        for month, value in enumerate(values, 1):
            rows.append(_response(patient, visit_name(month), float(month), 28 * month + 1, value))
        rows.append({**rows[-1], "AVISIT": "End of follow-up", "AVISITN": 99.0})
    return pl.DataFrame(rows, schema_overrides={"ASSESFL": pl.String})


def _response(patient: str, visit: str, number: float, day: int, value: str) -> dict[str, object]:
    return {
        "STUDYID": "BELI-LN",
        "USUBJID": patient,
        "DEFID": "cn19",
        "DEFN": "Chinese practice",
        "AVISIT": visit,
        "AVISITN": number,
        "ADT": START + timedelta(day - 1),
        "ADY": day,
        "AVALC": value,
        "AVALCNRI": "NR" if value == "NE" else value,
        "AVALCBST": "CR" if value == "NE" else value,
        "ASSESFL": None if value == "NE" else "Y",
    }


def criteria() -> pl.DataFrame:
    """The proteinuria behind every response; the end of follow-up rests on the last month's."""
    month = pl.col("AVISITN").replace(99.0, None).fill_null(strategy="forward").over("USUBJID")
    of_month = pl.format("{}-UPCR-{}", "USUBJID", month.cast(pl.Int64)).alias("ROWID")
    found = responses().select("USUBJID", "DEFID", "AVISIT", of_month)
    values = visits().select("ROWID", VALUE="AVAL").unique()
    return found.join(values, on="ROWID", how="left", maintain_order="left")


def events() -> pl.DataFrame:
    days = {"LN-01": (113, 0), "LN-02": (169, 0), "LN-03": (85, 0), "LN-04": (141, 1)}
    days |= {"LN-05": (169, 0), "LN-06": (169, 1), "LN-07": (113, 0)}
    return pl.DataFrame(
        [
            {
                "USUBJID": patient,
                "PARAMCD": "TTFR",
                "PARAM": "Time to first response",
                "ADT": START + timedelta(day - 1),
                "AVAL": float(day),
                "CNSR": censored,
                "CMPEVT": None,
            }
            for patient, (day, censored) in days.items()
        ],
        schema_overrides={"CMPEVT": pl.String},
    )


def event_records() -> pl.DataFrame:
    """The first dose, and the response at which each time ends."""
    ends = events().select("USUBJID", "PARAMCD", "ADT", ended="CNSR")
    role = pl.when(pl.col("ended") == 0).then(pl.lit("event")).otherwise(pl.lit("censors"))
    at_end = responses().filter(pl.col("AVISITN") < 99).join(ends, on=["USUBJID", "ADT"])
    text = pl.lit(None, pl.String)
    columns = ("USUBJID", "PARAMCD", "ROLE", "WHAT", "AVISIT", "ADT", "ROWID")
    began = ends.with_columns(ROLE=pl.lit("anchors"), WHAT=pl.lit("first dose"), AVISIT=text)
    return pl.concat(
        [
            at_end.with_columns(ROLE=role, WHAT="DEFID", ROWID=text).select(columns),
            began.with_columns(ADT=pl.lit(START), ROWID=text).select(columns),
        ]
    )


def exposure() -> pl.DataFrame:
    rows = []
    for patient, days in subjects().select("USUBJID", "TRTDURD").iter_rows():
        doses = [1, 15, *range(29, days + 1, 28)]
        for previous, day in zip([None, *doses], doses, strict=False):
            rows.append(
                {
                    "USUBJID": patient,
                    "EXTRT": "BELIMUMAB",
                    "EXDOSE": 600.0,
                    "EXDOSU": "mg",
                    "ASTDY": day,
                    "AEXDOSK": 10.0,
                    "INTERVAL": None if previous is None else day - previous,
                    "ASTDT": START + timedelta(day - 1),
                    "ROWID": f"{patient}-dose-{day}",
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def adverse_events() -> pl.DataFrame:
    infection, reaction = "Upper respiratory tract infection", "Infusion related reaction"
    return pl.DataFrame(
        [
            {"USUBJID": "LN-02", "AEDECOD": infection, "AEBODSYS": "Infections", "ASTDY": 60},
            {"USUBJID": "LN-09", "AEDECOD": reaction, "AEBODSYS": "Injury", "ASTDY": 15},
        ]
    ).with_columns(
        AETERM="AEDECOD",
        ASTDT=pl.lit(START) + pl.duration(days=pl.col("ASTDY") - 1),
        TRTEMFL=pl.lit("Y"),
        AETOXGR=pl.lit(2.0),
        ASEV=pl.lit("MODERATE"),
        AESER=pl.lit("N"),
        AEREL=pl.lit("RELATED"),
        AREL=pl.lit("Y"),
        AESI=pl.lit(None, pl.String),
        AEACN=pl.lit("DOSE NOT CHANGED"),
        AEOUT=pl.lit("RECOVERED"),
        SRCFILE=pl.lit("ae.csv"),
        SRCLINE=pl.lit(2),
        ROWID=pl.format("{}-event", "USUBJID"),
    )


def harmonized() -> dict[str, pl.DataFrame]:
    """The lines that the analysis was made of, by domain."""
    people = subjects().select(
        "USUBJID", RFICDTC=pl.lit("2020-06-20"), ROWID=pl.format("{}-dm", "USUBJID")
    )
    doses = exposure().select(
        *("USUBJID", "EXTRT", "EXDOSE", "EXDOSU", "ROWID"), EXSTDTC=pl.col("ASTDT").cast(pl.String)
    )
    measured = visits().filter(pl.col("DTYPE").is_null())
    results = measured.select(
        *("USUBJID", "ROWID", "SRCFILE", "SRCLINE"),
        LBTESTCD="PARAMCD",
        LBTEST="PARAM",
        LBDTC=pl.col("ADT").cast(pl.String),
        LBREFID=pl.lit(None, pl.String),
        LBORRES="AVALC",
        LBORRESU="AVALU",
        UNITFAC=pl.lit(1.0),
        LBSTRESC="AVALC",
        LBSTRESU="AVALU",
    )
    reported = adverse_events().select(
        *("USUBJID", "AEDECOD", "AETERM", "ROWID", "SRCFILE", "SRCLINE"),
        AESTDTC=pl.col("ASTDT").cast(pl.String),
    )
    asked = ("USUBJID", "QSTESTCD", "QSTEST", "QSDTC", "QSORRES", "QSSTRESN", "ROWID")
    taken = ("USUBJID", "CMTRT", "CMROUTE", "CMSTDTC", "CMENDTC", "CMDOSE", "CMDOSU", "CMDOSFRQ")
    none = {"qs": asked, "cm": (*taken, "ROWID")}
    domains = {"dm": people, "ex": doses, "lb": results, "ae": reported}
    numbers = {"CMDOSE": pl.Float64}
    domains |= {
        name: pl.DataFrame(schema={c: numbers.get(c, pl.String) for c in columns})
        for name, columns in none.items()
    }
    return {name: _with_sources(frame) for name, frame in domains.items()}


def _with_sources(frame: pl.DataFrame) -> pl.DataFrame:
    sources = {"SRCFILE": f"{START}.csv", "SRCLINE": 2, "SRCSHA": "0" * 64}
    missing = [name for name in sources if name not in frame.columns]
    whole = frame.with_columns(pl.lit(sources[name]).alias(name) for name in missing)
    return whole.with_columns(pl.col("SRCLINE").cast(pl.Int64))


def analysis() -> dict[str, pl.DataFrame]:
    """All data sets by name."""
    return {
        "subjects": subjects(),
        "visits": visits(),
        "responses": responses(),
        "criteria": criteria(),
        "events": events(),
        "event_records": event_records(),
        "adverse_events": adverse_events(),
        "exposure": exposure(),
    }


def plan() -> dict[str, Any]:
    """The plan of this cohort's statistics."""
    return {
        "population": "EFFFL",
        "safety_population": "SAFFL",
        "visits": [*(f"Month {k}" for k in range(1, 10)), "End of follow-up"],
        "parameters": {code: {"test": "paired_t"} for code in PARAMETERS}
        | {"UPCR": {"test": "wilcoxon"}},
        "wilcoxon": "asymptotic",
        "zeros": "wilcox",
        "censored": "bound",
        "normality_alpha": 0.05,
        "multiplicity": "none",
        "family": "parameter",
        "conf_level": 0.95,
        "quantile_type": 7,
        "proportions": "clopper_pearson",
        "adverse_events": {
            "after_last_dose_days": 56,
            "special_interest": [{"name": "tumour", "terms": ["Neoplasm malignant"]}],
        },
        "primary": "UPCR",
        "negative_control": "ALB",
        "sensitivity": {
            "window": ["first"],
            "censored": ["bound"],
            "test": ["paired_t", "log_t", "wilcoxon_exact"],
            "zeros": ["wilcox"],
        },
        "categories": categories_of("cn19"),
        "collected": ["ae", "ex"],
        "dosing": {"single": True, "per_kg": True},
    }


def ard() -> pl.DataFrame:
    """The results of that plan."""
    parameters = pl.DataFrame(
        {
            "PARAMCD": list(PARAMETERS),
            "PARAM": [name for name, _ in PARAMETERS.values()],
            "unit": [unit for _, unit in PARAMETERS.values()],
            "decimals": [2] * len(PARAMETERS),
        }
    )
    data, spec = analysis(), plan()
    members = data["subjects"]
    records = data["visits"].with_columns(ADTM=pl.lit(None, pl.Datetime))
    return pl.concat(
        [
            of.baseline(members, records, parameters, spec),
            of.paired(records, members, parameters, spec),
            of.sensitivity(records, members, parameters, spec),
            of.regression_to_mean(records, members, parameters, spec),
            of.response(data["responses"], members, spec),
            of.time_to_event(data["events"], spec),
            of.exposure(data["exposure"], members, spec),
            of.safety(data["adverse_events"], members, spec),
        ]
    )


def statistics() -> dict[str, pl.DataFrame]:
    """The wide statistics of this cohort, as CSV gives them back."""
    rows = ard()
    return {
        name: typed(pl.read_csv(StringIO(of.wide(rows, name).write_csv()), infer_schema=False))
        for name in rows["table"].unique(maintain_order=True)
    }


def ledger() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "feed": ["west_lab", "east_lab"],
            "delivery": ["2020-07", "2020-07"],
            "source_file": ["2020-07.csv", "东院检验 7月.csv"],
            "read": [12, 10],
            "accepted": [10, 7],
            "duplicate": [1, 1],
            "superseded": [0, 1],
            "withdrawn": [0, 0],
            "conflict": [0, 0],
            "quarantined": [1, 0],
            "unmapped": [0, 1],
            "out_of_cohort": [0, 0],
            "filtered": [0, 0],
        }
    )
