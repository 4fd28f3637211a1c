"""Read the written exports back and hold what they give against the published figures.

Shares nothing with the code that wrote them but the answer key, which names the rows to leave out.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from fnmatch import fnmatch
from pathlib import Path
from statistics import mean, median, stdev

Visits = dict[tuple[str, str], dict[int, float]]

TESTS = {
    "UPCR": {"Protein/Creatinine Ratio", "尿蛋白/肌酐比值"},
    "SCR": {"Creatinine", "血肌酐"},
    "ALB": {"Albumin", "白蛋白"},
    "C3": {"Complement C3", "补体C3"},
    "C4": {"Complement C4", "补体C4"},
    "DSDNA": {"Anti-dsDNA", "抗双链DNA抗体", "Anti-dsDNA antibody"},
    "ANA": {"ANA", "抗核抗体", "Antinuclear antibody"},
}
FACTORS = {
    ("UPCR", "mg/g"): 0.001,
    ("UPCR", "mg/mmol"): 0.00884,
    ("SCR", "mg/dL"): 88.4,
    ("ALB", "g/dL"): 10,
    ("C3", "mg/dL"): 0.01,
    ("C4", "mg/dL"): 0.01,
}


def verify(folder: Path) -> None:
    """Print each published figure beside the one obtained.

    Raises:
        AssertionError: a figure differs.
    """
    study = _Study(folder)
    found = study.figures()
    with (folder / "published.csv").open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    wrong = []
    for row in published:
        values = [v for (t, f, c), v in found.items() if _is(row, t, f, c)]
        good = bool(values) and _holds(row["printed"], values)
        shown = " ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
        print(f"{'ok ' if good else 'NO '} {row['figure']:20} {row['filter']:75} {row['column']:12}"
              f" {row['printed']:9} {shown}")  # fmt: skip
        if not good:
            wrong.append(row)
    assert not wrong, f"{len(wrong)} published figures are not met"


def _is(row: dict[str, str], table: str, where: str, column: str) -> bool:
    return (row["table"], row["column"]) == (table, column) and fnmatch(where, row["filter"])


def _holds(printed: str, values: list[float | str]) -> bool:
    if printed == "rises":
        return values == sorted(values) and values[-1] > values[0]
    [value] = values
    if isinstance(value, str):
        return value == printed
    for sign, holds in ((">=", value.__ge__), ("<", value.__lt__), (">", value.__gt__)):
        if printed.startswith(sign):
            return holds(float(printed.removeprefix(sign)))
    decimals = len(printed.partition(".")[2])
    return f"{value:.{decimals}f}" == printed


class _Study:
    """The patients' values by month, from the raw files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "answer_key.csv").open(encoding="utf-8", newline="") as file:
            self.left_out = {
                (row["feed"], row["file"], int(row["line"]))
                for row in csv.DictReader(file)
                if row["fate"] != "accepted"
            }
        self.patients = {row["MRN"]: row for row in self.rows("registry")}
        doses = defaultdict(list)
        for row in self.rows("infusions"):
            doses[row["MRN"]].append(datetime.fromisoformat(row["Start"]).date())
        self.first = {mrn: min(days) for mrn, days in doses.items()}
        self.duration = {
            mrn: ((max(days) - min(days)).days + 1) / 28 for mrn, days in doses.items()
        }
        self.efficacy = [mrn for mrn, months in self.duration.items() if months > 3.5]
        self.limits: dict[tuple[str, int], float] = {}
        self.values = self.laboratory() | self.sledai()

    def rows(self, feed: str) -> Iterator[dict[str, str]]:
        """The rows of a feed that are to be accepted."""
        for path in sorted((self.folder / "extracts" / feed).rglob("*.*")):
            name = path.relative_to(self.folder / "extracts" / feed).as_posix()
            for line, row in (_sheet if path.suffix == ".xlsx" else _delimited)(path):
                if (feed, name, line) not in self.left_out:
                    yield row

    def laboratory(self) -> Visits:
        """(test, patient) to month to value in Remit's unit, an inequality counting as its bound."""
        visits: Visits = defaultdict(dict)
        names = {name: test for test, spellings in TESTS.items() for name in spellings}
        headers = {
            "lab_west": ("MRN", "Test", "Result", "Units", "Collected", "High"),
            "lab_east": ("病历号", "检验项目", "结果", "单位", "采样时间", "参考上限"),
            "immunology": ("Hospital no.", "Test", "Result", "Unit", "Collected", "Upper limit"),
        }
        for feed, header in headers.items():
            for row in self.rows(feed):
                mrn, name, result, unit, collected, high = (row[column] for column in header)
                if (test := names.get(name)) is None:
                    continue
                factor = FACTORS.get((test, unit), 1)
                number = result.strip().lstrip("<>").replace("：", ":").rpartition(":")[2]
                month = self.month(mrn, datetime.fromisoformat(collected.replace("/", "-")).date())
                assert month not in visits[test, mrn], f"two values: {test} {mrn} month {month}"
                visits[test, mrn][month] = round(float(number) * factor, 6)
                if test == "SCR":
                    self.limits[mrn, month] = float(high) * factor
                if test == "ANA" and result.startswith("<"):
                    visits[test, mrn][month] = 0
                if test == "DSDNA":
                    above = float(float(number) > float(high))
                    visits["DSDNA positive", mrn][month] = above
        return visits

    def sledai(self) -> Visits:
        """The sum of the items, the form's own total left out."""
        visits: Visits = defaultdict(lambda: defaultdict(float))
        for row in self.rows("sledai"):
            if row["Item"] != "SLEDAI-2K total":
                month = self.month(row["MRN"], date.fromisoformat(row["Assessed"]))
                visits["SLEDAI", row["MRN"]][month] += float(row["Score"])
                visits["items", row["MRN"]][month] += 1
        counts = {
            n for (test, _), months in visits.items() if test == "items" for n in months.values()
        }
        assert counts == {24.0}, counts
        return visits

    def month(self, mrn: str, day: date) -> int:
        """The month whose window (28 k - 12 to 28 k + 15) holds a date, 0 up to the first dose."""
        study_day = (day - self.first[mrn]).days + 1
        return 0 if study_day <= 1 else max(1, (study_day + 12) // 28)

    def figures(self) -> dict[tuple[str, str, str], float | str]:
        """Table, filter and column to what the exports give."""
        eligible = [mrn for mrn in self.patients if self.eligible(mrn)]
        months = [self.duration[mrn] for mrn in self.efficacy]
        where = "population=EFFFL;PARAMCD=TRTDURM"
        found: dict[tuple[str, str, str], float | str] = {
            ("subjects", "ENRLFL=Y", "count"): len(self.patients),
            ("subjects", "ELIGFL=Y", "count"): len(eligible),
            ("subjects", "EFFFL=Y", "count"): len(self.efficacy),
            ("subjects", "SAFFL=Y", "count"): len(self.first),
            ("exposure", where, "n"): len(months),
            ("exposure", where, "min"): min(months),
            ("exposure", where, "median"): float(median(months)),
            ("exposure", where, "max"): max(months),
        }
        for parameter in ("UPCR", "SLEDAI", "ALB", "C3", "C4", "DSDNA"):
            for month in range(1, 10):
                card = self.paired(parameter, month)
                visit = f"PARAMCD={parameter};AVISIT=Month {month}"
                found |= {("paired", visit, column): value for column, value in card.items()}
        return found | self.responses() | self.safety()

    def eligible(self, mrn: str) -> bool:
        """Positive for ANA or anti-dsDNA, and SLEDAI-2K of at least 6."""
        value = {test: self.values[test, mrn][0] for test in ("ANA", "DSDNA positive", "SLEDAI")}
        return (value["ANA"] >= 80 or value["DSDNA positive"] > 0) and value["SLEDAI"] >= 6

    def paired(self, parameter: str, month: int) -> dict[str, float | str]:
        """The comparison with baseline, the test chosen by Shapiro-Wilk on the differences."""
        from scipy import stats

        pairs = [
            (values[0], values[month])
            for mrn in self.efficacy
            if month in (values := self.values[parameter, mrn])
        ]
        base, visit = zip(*pairs, strict=True)
        change = [round(after - before, 3) for before, after in pairs]
        card: dict[str, float | str] = {
            "n": len(pairs),
            "base_mean": mean(base),
            "base_sd": stdev(base),
            "visit_mean": mean(visit),
            "visit_sd": stdev(visit),
            "mean_change": mean(change),
        }
        if parameter == "UPCR":
            normal = float(stats.shapiro(change).pvalue) > 0.05
            t = float(stats.ttest_1samp(change, 0).pvalue)
            w = float(
                stats.wilcoxon(
                    change, zero_method="wilcox", correction=False, method="asymptotic"
                ).pvalue
            )
            if month not in (4, 5):
                assert min(t, w) >= 0.05, f"month {month} hangs on the choice of the test"
            card |= {
                "test": "paired_t" if normal else "wilcoxon_asymptotic",
                "p": t if normal else w,
            }
        return card

    def responses(self) -> dict[tuple[str, str, str], float | str]:
        """Rates of cn19 among those assessed."""
        found: dict[tuple[str, str, str], float | str] = {}
        last = {mrn: max(self.values["UPCR", mrn]) for mrn in self.efficacy}
        visits = {f"Month {k}": {m: k for m in self.efficacy if last[m] >= k} for k in range(1, 10)}
        for visit, months in {**visits, "End of follow-up": last}.items():
            reached = [self.response(mrn, month) for mrn, month in months.items()]
            for category in ("CR", "PR", "CR+PR"):
                count = sum(response in category.split("+") for response in reached)
                where = f"definition=cn19;rule=observed;AVISIT={visit};category={category}"
                found["response", where, "count"] = count
                found["response", where, "denominator"] = len(reached)
                found["response", where, "percent"] = 100 * count / len(reached)
        return found

    def response(self, mrn: str, month: int) -> str:
        """CR, PR or NR by cn19."""
        now = {test: self.values[test, mrn][month] for test in ("UPCR", "SCR", "ALB")}
        base = {test: self.values[test, mrn][0] for test in ("UPCR", "SCR")}
        kidney = now["SCR"] <= max(self.limits[mrn, month], 1.15 * base["SCR"])
        upcr = round(now["UPCR"], 3)
        if upcr < 0.5 and kidney and now["ALB"] >= 35:
            return "CR"
        half = upcr <= round(base["UPCR"], 3) / 2
        return "PR" if half and upcr < 3.5 and kidney and now["ALB"] >= 30 else "NR"

    def safety(self) -> dict[tuple[str, str, str], float | str]:
        """Patients with each event."""
        events = [(row["MRN"], row) for row in self.rows("events")]
        kinds = {
            "category=any": {mrn for mrn, _ in events},
            "category=death": {m for m, row in events if row["Outcome"] == "Fatal"},
            "category=serious": {m for m, row in events if row["Serious"] != "No"},
            "category=severe": {m for m, row in events if int(row["CTCAE grade"]) > 2},
        }
        for mrn, row in events:
            kinds.setdefault(f"category=pt;term={row['Preferred term']}", set()).add(mrn)
        found: dict[tuple[str, str, str], float | str] = {}
        for where, patients in kinds.items():
            found["safety", where, "count"] = len(patients)
            found["safety", where, "denominator"] = len(self.first)
            found["safety", where, "percent"] = 100 * len(patients) / len(self.first)
        return found


def _delimited(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells of each record; a blank line is none."""
    encoding = "gb18030" if path.parent.name == "lab_east" else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=";" if path.parent.name == "medication" else ",")
        header, end = next(reader), reader.line_num
        for record in reader:
            line, end = end + 1, reader.line_num
            if record:
                yield line, dict(zip(header, record, strict=False))


def _sheet(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Sheet row and cells of each record; the third row is the header."""
    from openpyxl import load_workbook

    rows = load_workbook(path).worksheets[0].iter_rows(min_row=3, values_only=True)
    header = [str(cell) for cell in next(rows)]
    for number, row in enumerate(rows, 4):
        if any(cell is not None for cell in row):
            yield number, {h: "" if c is None else str(c) for h, c in zip(header, row, strict=True)}
