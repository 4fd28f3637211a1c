"""The summary says that nobody is enrolled, and why: an analysis of nobody is no success."""

from pathlib import Path

import polars as pl

from remit.commands.status import _not_held, summary
from remit.commands.study import Study

LEDGER = "feed,delivery,source_file,read,accepted,quarantined\npeople,d,p.csv,2,2,0\n"
FAULTS = """\
feed,row_id,aside,rule,column
people,1,cell,date_impossible,RFICDTC
people,2,cell,date_impossible,RFICDTC
people,2,cell,code_unknown,SEX
"""


def told(folder: Path, enrolled: list[str]) -> str:
    plan = {"study": {"id": "S", "title": "T"}, "report": {"definition": "d", "last_visit": "v"}}
    results = folder / "results"
    for name, text in (("harmonized/ledger.csv", LEDGER), ("harmonized/quarantine.csv", FAULTS)):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(text)
    for name in ("analysis", "report"):
        (results / name).mkdir()
    (results / "report/report.html").touch()
    flags = dict.fromkeys(("ENRLFL", "SAFFL", "EFFFL"), enrolled)
    pl.DataFrame(flags, schema=dict.fromkeys(flags, pl.String)).write_parquet(
        results / "analysis/subjects.parquet"
    )
    study = Study(folder, folder / "config.yaml")
    study.__dict__["plan"] = plan | {"categories": {}}
    return "\n".join(summary(study))


def test_nobody_enrolled_is_the_result_with_its_commonest_reason(tmp_path: Path) -> None:
    said = told(tmp_path, ["N", "N"])
    assert (
        "  result      nobody is enrolled: no date of consent (RFICDTC) of 2 subjects could be used; "
        "most were set aside for date_impossible (2)" in said
    )
    assert said.endswith("Next: mend what keeps everybody out, then remit run again")


def test_without_a_person_the_reason_is_that_of_most_rows(tmp_path: Path) -> None:
    assert "of 2 rows none is a person's that could be used" in told(tmp_path, [])


def test_where_somebody_is_enrolled_nothing_is_said(tmp_path: Path) -> None:
    assert "nobody" not in told(tmp_path, ["Y", "N"])


def test_a_planned_visit_without_a_record_of_anybody_is_named(tmp_path: Path) -> None:
    (tmp_path / "analysis").mkdir()
    visits = pl.DataFrame({"AVISIT": ["Baseline", "Month 3", None]})
    visits.write_parquet(tmp_path / "analysis/visits.parquet")
    ends = [{"name": "End of follow-up", "number": 99}]
    plan = {
        "visits": {
            "baseline": {"name": "Baseline", "look_back": 30},
            "windows": {
                "gaps": "allowed",
                "table": [
                    {
                        "name": f"Month {m}",
                        "number": m,
                        "target": 30 * m,
                        "low": 30 * m - 45,
                        "high": 30 * m + 44,
                    }
                    for m in (3, 6, 9)
                ],
            },
            "ends": ends,
        }
    }
    (told,) = _not_held(plan, tmp_path)
    assert told == "  not held    visits Month 6, Month 9: no record of anybody"
