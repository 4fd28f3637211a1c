"""The analysis data sets, with the names of ADaM."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from remit.schemas.tables import Table, column, flag

OPERATORS = ["<", "<=", ">", ">="]
RANGE = ["LOW", "NORMAL", "HIGH"]
SEVERITIES = ["MILD", "MODERATE", "SEVERE", "LIFE THREATENING", "FATAL"]


class ADSL(Table):
    """Subjects: one row a subject."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True, unique=True)
    AGE: float = column("Age at first dose", unit="a", ge=0, le=120)
    SEX: str = column("Sex", isin=["F", "M"])
    LNCLASS: str = column("ISN/RPS class of lupus nephritis")
    WEIGHT: float = column("Body weight", unit="kg", gt=0)
    RFICDT: pl.Date = column("Date of informed consent")
    TRTSDT: pl.Date = column("Date of first dose")
    TRTSDTM: str = column("Time of first dose, ISO 8601")
    TRTEDT: pl.Date = column("Date of last dose")
    TRTDURD: int = column("Duration of treatment", unit="d", ge=1)
    TRTDURM: float = column("Duration of treatment in study months", unit="mo", gt=0)
    NDOSES: int = column("Number of doses", required=True, ge=0)
    EOSDT: pl.Date = column("End of follow-up")
    EOSSTT: str = column("Status at the end of follow-up")
    DTHDT: pl.Date = column("Date of death")
    ENRLFL: str = flag("Enrolled", required=True)
    ELIGFL: str = flag("Eligible", required=True)
    SAFFL: str = flag("Safety set", required=True)
    EFFFL: str = flag("Efficacy set", required=True)
    ELIGRSN: str = column("Why not eligible")
    SAFRSN: str = column("Why not in the safety set")
    EFFRSN: str = column("Why not in the efficacy set")
    BRTHDT: pl.Date = column("Date of birth; its year or month begins on its first day")
    BRTHDTF: str = column(
        "What of the date of birth is not known: M month and day, D day", isin=["M", "D"]
    )
    LNDXDT: pl.Date = column("Date of lupus nephritis diagnosis")
    TRTONFL: str = flag("Still treated at the last contact, which stands for the end")

    @pa.dataframe_check(name="an exclusion has its reason")
    def _reasons(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        pairs = {"ELIGFL": "ELIGRSN", "SAFFL": "SAFRSN", "EFFFL": "EFFRSN"}
        told = [(pl.col(f) == "N") == pl.col(r).is_not_null() for f, r in pairs.items()]
        return data.lazyframe.select(pl.all_horizontal(told))


class BDS(Table):
    """Visits: one row per subject, parameter and record."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    PARAMCD: str = column("Parameter code", required=True)
    PARAM: str = column("Parameter", required=True)
    PARAMN: int = column("Order of the parameter", required=True)
    AVAL: float = column("Value", unit="AVALU")
    AVALC: str = column("Value as text")
    AVALU: str = column("Unit (UCUM)")
    AVALOPER: str = column("Operator of a censored value", isin=OPERATORS)
    ADT: pl.Date = column("Date")
    ADTM: str = column("Date and time, ISO 8601")
    ADY: int = column("Study day", ne=0)
    AVISIT: str = column("Visit")
    AVISITN: float = column("Visit number")
    AWTARGET: int = column("Target day of the window", unit="d")
    AWLO: int = column("First day of the window", unit="d")
    AWHI: int = column("Last day of the window", unit="d")
    AWTDIFF: int = column("Distance from the target day", unit="d", ge=0)
    ABLFL: str = flag("Baseline record")
    BASE: float = column("Baseline value", unit="AVALU")
    BASEOPER: str = column("Operator of the baseline value", isin=OPERATORS)
    CHG: float = column("Change from baseline", unit="AVALU")
    PCHG: float = column("Percent change from baseline", unit="%")
    ANL01FL: str = flag("Record analysed at its visit")
    DTYPE: str = column("How the record was derived")
    SELRSN: str = column("Why the record is or is not the one analysed", required=True)
    ANRLO: float = column("Lower limit of normal", unit="AVALU")
    ANRHI: float = column("Upper limit of normal", unit="AVALU")
    ANRIND: str = column("Position to the limits of normal", isin=RANGE)
    BNRIND: str = column("Position of the baseline value", isin=RANGE)
    VISIT: str = column("Visit as the source names it")
    METHOD: str = column("Method of the measurement")
    SRCFILE: str = column("Source file")
    SRCLINE: int = column("Line of the source file")
    SRCSHA: str = column("SHA-256 of the source file")
    ROWID: str = column("Row id of the source row")


class ADRS(Table):
    """Responses: one row per subject, visit and definition."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    DEFID: str = column("Definition", required=True)
    DEFN: str = column("Title of the definition", required=True)
    AVISIT: str = column("Visit", required=True)
    AVISITN: float = column("Visit number", required=True)
    ADT: pl.Date = column("Date of the latest component")
    ADY: int = column("Study day of the latest component", ne=0)
    AVALC: str = column("Response observed", required=True)
    AVALCNRI: str = column("Response, not evaluable counted as none")
    AVALCBST: str = column("Response, not evaluable counted as the best that it could be")
    ASSESFL: str = flag("Everything known that the definition looks at")
    NERSN: str = column("Why not evaluable")
    BLRESP: str = flag("Already in response at baseline")

    @pa.dataframe_check(name="what is not evaluable has its reason")
    def _reason(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select((pl.col("AVALC") == "NE") == pl.col("NERSN").is_not_null())


class CRITERIA(Table):
    """Every comparison behind a response."""

    USUBJID: str = column("Subject pseudonym", required=True)
    DEFID: str = column("Definition", required=True)
    AVISIT: str = column("Visit", required=True)
    AVISITN: float = column("Visit number", required=True)
    CATEGORY: str = column("Category the comparison belongs to", required=True)
    CRITERION: str = column("The comparison in words", required=True)
    VALUE: float = column("Value compared")
    REFERENCE: float = column("What it is compared with")
    VERDICT: bool = column("Whether it holds; null when undecidable")
    ROWID: str = column("Row id of the source row")


class ADTTE(Table):
    """Times to events."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    PARAMCD: str = column("Event code", required=True)
    PARAM: str = column("Event", required=True)
    STARTDT: pl.Date = column("Day 1 of the time", required=True)
    ADT: pl.Date = column("Date of event or censoring", required=True)
    AVAL: float = column("Time", unit="d", required=True)
    CNSR: int = column("0 event, 1 censored", required=True, isin=[0, 1])
    EVNTDESC: str = column("What happened")
    CNSDTDSC: str = column("Why censored")
    LEFTDT: pl.Date = column("Last date known free of the event")
    CMPEVT: str = column("Competing event that ended a censored time")


class EVENTRECORDS(Table):
    """Records behind the times to events, and for what each was taken."""

    USUBJID: str = column("Subject pseudonym", required=True)
    PARAMCD: str = column("Event code", required=True)
    ROLE: str = column("For what the record was taken", required=True)
    WHAT: str = column("Parameter, definition, first dose or death", required=True)
    AVISIT: str = column("Visit")
    ADT: pl.Date = column("Date of the record")
    ROWID: str = column("Source row")


class ADAE(Table):
    """Adverse events."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    AETERM: str = column("Reported term")
    AEDECOD: str = column("Preferred term")
    AEBODSYS: str = column("System organ class")
    ASTDT: pl.Date = column("Start date")
    AENDT: pl.Date = column("End date")
    ASTDY: int = column("Study day of start", ne=0)
    AENDY: int = column("Study day of end", ne=0)
    TRTEMFL: str = flag("Treatment-emergent")
    AETOXGR: float = column("CTCAE grade", ge=1, le=5)
    AESER: str = column("Serious", isin=["Y", "N"])
    AEREL: str = column("Relatedness as reported")
    AREL: str = column("Related; unknown counts as related", required=True, isin=["Y", "N"])
    ASEV: str = column("Severity", isin=SEVERITIES)
    AESI: str = column("Groups of special interest")
    AEACN: str = column("Action taken")
    AEOUT: str = column("Outcome")
    SRCFILE: str = column("Source file")
    SRCLINE: int = column("Line of the source file")
    SRCSHA: str = column("SHA-256 of the source file")
    ROWID: str = column("Row id of the source row", required=True)
    ASTDTF: str = column("Part of the start date imputed", isin=["M", "D"])
    AENDTF: str = column("Part of the end date imputed", isin=["M", "D"])


class ADEX(Table):
    """Doses given."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    EXTRT: str = column("Drug")
    EXDOSE: float = column("Dose", unit="EXDOSU", ge=0)
    EXDOSU: str = column("Unit of the dose")
    ASTDT: pl.Date = column("Date")
    ASTDY: int = column("Study day", ne=0)
    AEXDOSK: float = column("Dose per body weight", unit="mg/kg", ge=0)
    INTERVAL: int = column("Days since the previous dose", unit="d")
    SRCFILE: str = column("Source file")
    SRCLINE: int = column("Line of the source file")
    SRCSHA: str = column("SHA-256 of the source file")
    ROWID: str = column("Row id of the source row", required=True)
