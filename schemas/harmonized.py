"""The harmonized tables, with the names of SDTM."""

from __future__ import annotations

import polars as pl

from remit.schemas.analysis import OPERATORS, RANGE, SEVERITIES
from remit.schemas.tables import Table, column, dtypes, validated


class DM(Table):
    """Demographics: one row a subject."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True, unique=True)
    SITEID: str = column("Hospital whose number the subject has")
    SEX: str = column("Sex", isin=["F", "M"])
    BRTHDTC: str = column("Date of birth")
    RFICDTC: str = column("Date of informed consent")
    LNCLASS: str = column("ISN/RPS class of lupus nephritis")
    LNDXDTC: str = column("Date of lupus nephritis diagnosis")
    WEIGHT: float = column("Body weight", unit="kg", gt=0)
    DSDECOD: str = column("Disposition")
    DSSTDTC: str = column("Date of disposition")
    DTHDTC: str = column("Date of death")
    RFXSTDTC: str = column("First day of treatment")
    RFXENDTC: str = column("Last day of treatment")
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


class EX(Table):
    """Doses given."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    EXTRT: str = column("Drug")
    EXDOSE: float = column("Dose", unit="EXDOSU", ge=0)
    EXDOSU: str = column("Unit of the dose")
    EXROUTE: str = column("Route")
    EXSTDTC: str = column("Start", required=True)
    EXENDTC: str = column("End")
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


class LB(Table):
    """Laboratory results in one unit per analyte."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    LBTESTCD: str = column("Analyte code", required=True)
    LBTEST: str = column("Analyte", required=True)
    LBLOINC: str = column("LOINC code")
    LBSPEC: str = column("Specimen")
    LBMETHOD: str = column("Method")
    LBORRES: str = column("Result as reported", required=True)
    LBORRESU: str = column("Unit as reported")
    LBSTRESC: str = column("Result in the standard unit, as text", required=True)
    LBSTRESN: float = column("Result in the standard unit", unit="LBSTRESU")
    LBSTRESU: str = column("Standard unit (UCUM)")
    LBSTNRLO: float = column("Lower limit of normal", unit="LBSTRESU")
    LBSTNRHI: float = column("Upper limit of normal", unit="LBSTRESU")
    LBNRIND: str = column("Position to the limits of normal", isin=RANGE)
    LBDTC: str = column("Collected, ISO 8601", required=True)
    LBOPER: str = column("Operator of a censored result", isin=OPERATORS)
    UNITFAC: float = column("Factor from the reported to the standard unit", gt=0)
    UNITOFF: float = column("Added after the factor, as from IFCC to NGSP", unit="LBSTRESU")
    LBREFID: str = column("Specimen id")
    VISIT: str = column("Visit as the source names it")
    LBRPTDTC: str = column("Reported, ISO 8601")
    LBRESST: str = column("Status", isin=["PRELIMINARY", "FINAL", "CORRECTED"])
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


class QS(Table):
    """Items of questionnaires and indices."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    QSTESTCD: str = column("Item code", required=True)
    QSTEST: str = column("Item", required=True)
    QSORRES: str = column("Result as reported", required=True)
    QSSTRESN: float = column("Result")
    QSDTC: str = column("Assessed, ISO 8601", required=True)
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


class CM(Table):
    """Medication."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    CMTRT: str = column("Drug", required=True)
    CMDOSE: float = column("Dose", unit="CMDOSU")
    CMDOSU: str = column("Unit of the dose")
    CMDOSFRQ: str = column("Frequency")
    CMROUTE: str = column("Route")
    CMSTDTC: str = column("Start")
    CMENDTC: str = column("End")
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


class AE(Table):
    """Adverse events as reported."""

    STUDYID: str = column("Study identifier", required=True)
    USUBJID: str = column("Subject pseudonym", required=True)
    AETERM: str = column("Reported term", required=True)
    AEDECOD: str = column("Preferred term")
    AEBODSYS: str = column("System organ class")
    AESTDTC: str = column("Start")
    AEENDTC: str = column("End")
    AETOXGR: float = column("CTCAE grade", ge=1, le=5)
    AESEV: str = column("Severity in words", isin=SEVERITIES)
    AESER: str = column("Serious", isin=["Y", "N"])
    AEREL: str = column("Relatedness")
    AEACN: str = column("Action taken")
    AEOUT: str = column("Outcome")
    ROWID: str = column("Row id", required=True)
    SRCFILE: str = column("Source file", required=True)
    SRCLINE: int = column("Line of the source file", required=True)
    SRCSHA: str = column("SHA-256 of the source file", required=True)


MODELS: dict[str, type[Table]] = {"dm": DM, "ex": EX, "lb": LB, "qs": QS, "cm": CM, "ae": AE}


def empty(domain: str) -> pl.DataFrame:
    """The table of a domain that no feed delivers."""
    return pl.DataFrame(schema=dtypes(MODELS[domain]))


def validate(domain: str, table: pl.DataFrame) -> pl.DataFrame:
    """Return the table, or stop with everything that is wrong with it (`tables.validated`)."""
    return validated(MODELS[domain], table)
