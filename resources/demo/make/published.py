"""The published figures as data: where Remit's tables hold them, and what must be printed there.

`filter` picks the rows of `results/statistics/<table>.csv` (of `results/analysis/subjects.parquet`
for the table `subjects`, whose `count` is the number of rows). `printed` is the value rounded to as
many decimals as it shows, or a condition: `<0`, `>0`, `>=0.05`; `rises` means that from month to
month no value is below the one before and the last is above the first; missing ones are left out.
"""

from __future__ import annotations

COLUMNS = ("figure", "table", "filter", "column", "printed")
MONTHS = tuple(f"Month {month}" for month in range(1, 10))


def _rows(figure: str, table: str, where: str, **printed: str) -> list[dict[str, str]]:
    return [
        dict(zip(COLUMNS, (figure, table, where, column, text), strict=True))
        for column, text in printed.items()
    ]


def _paired(figure: str, parameter: str, visit: str, **printed: str) -> list[dict[str, str]]:
    return _rows(figure, "paired", f"PARAMCD={parameter};AVISIT={visit}", **printed)


def _response(figure: str, visit: str, category: str, **printed: str) -> list[dict[str, str]]:
    where = f"definition=cn19;rule=observed;AVISIT={visit};category={category}"
    return _rows(figure, "response", where, **printed)


def _incidence(figure: str, where: str, count: int) -> list[dict[str, str]]:
    printed = {"count": str(count), "denominator": "10", "percent": str(10 * count)}
    return _rows(figure, "safety", where, **printed)


FIGURES = [
    *_rows("enrolled", "subjects", "ENRLFL=Y", count="10"),
    *_rows("eligible", "subjects", "ELIGFL=Y", count="10"),
    *_rows("efficacy set", "subjects", "EFFFL=Y", count="7"),
    *_rows("safety set", "subjects", "SAFFL=Y", count="10"),
    *_rows(
        "treatment duration",
        "exposure",
        "population=EFFFL;PARAMCD=TRTDURM",
        n="7",
        min="4",
        median="7",
        max="9",
    ),
    *[row for visit in MONTHS[:7] for row in _response("first CR", visit, "CR", count="0")],
    *_response("first CR", "Month 8", "CR", count="1"),
    *_response("CR", "End of follow-up", "CR", count="1", denominator="7", percent="14.29"),
    *_response("PR", "End of follow-up", "PR", count="3", denominator="7", percent="42.86"),
    *_response("total remission", "Month *", "CR+PR", percent="rises"),
    *_paired(
        "UPCR month 4",
        "UPCR",
        "Month 4",
        n="7",
        base_mean="5.49",
        base_sd="6.54",
        visit_mean="3.61",
        visit_sd="6.04",
        test="paired_t",
        p="0.025",
    ),
    *_paired(
        "UPCR month 5",
        "UPCR",
        "Month 5",
        n="6",
        base_mean="6.18",
        base_sd="6.88",
        visit_mean="3.03",
        visit_sd="4.88",
        test="wilcoxon_asymptotic",
        p="0.046",
    ),
    *[
        row
        for visit in MONTHS
        if visit not in ("Month 4", "Month 5")
        for row in _paired("UPCR other months", "UPCR", visit, mean_change="<0", p=">=0.05")
    ],
    *[
        row
        for parameter, change in (
            ("SLEDAI", "<0"),
            ("ALB", ">0"),
            ("C3", ">0"),
            ("C4", ">0"),
            ("DSDNA", "<0"),
        )
        for visit in MONTHS
        for row in _paired(f"{parameter} by month", parameter, visit, mean_change=change)
    ],
    *_incidence("adverse events", "category=any", 2),
    *_incidence("infection", "category=pt;term=Upper respiratory tract infection", 1),
    *_incidence("infusion reaction", "category=pt;term=Infusion related reaction", 1),
    *_incidence("death", "category=death", 0),
    *_incidence("serious", "category=serious", 0),
    *_incidence("severe", "category=severe", 0),
]
