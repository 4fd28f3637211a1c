"""A study of another disease: tablets, no adverse events, no questionnaire, no other medication."""

import html
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from remit import roots
from tests.studies.diabetic_kidney import exports
from tests.workflow.study import Study

HERE = Path(__file__).parent / "diabetic_kidney"
VISITS = {"Month 1": 1, "Month 3": 2, "Month 6": 3}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("dkd"))
    shutil.copy(HERE / "config.yaml", study / "config.yaml")
    shutil.copytree(HERE / "definitions", study / "resources/definitions")
    (study / "Snakefile").write_text(roots.SNAKEFILE, encoding="utf-8")
    exports.write(study / "extracts")
    study.run()
    return study


def responders(visit: int) -> tuple[int, int]:
    """Counted from the numbers that were exported: at most 70 % of the baseline is left."""
    seen = [p for p in range(1, exports.PATIENTS + 1) if (p, visit) != (7, 2)]
    return (
        sum(10 * exports.uacr(p, visit) <= 7 * exports.uacr(p, 0) for p in seen),
        len(seen),
    )


@pytest.mark.parametrize(("visit", "k"), VISITS.items())
def test_responders_are_those_of_the_exports(finished: Study, visit: str, k: int) -> None:
    table = pl.read_csv(finished / "results/statistics/response.csv")
    row = table.filter(AVISIT=visit, rule="observed", category="R").row(0, named=True)
    assert (row["count"], row["denominator"]) == responders(k)
    assert 0 < row["count"] < row["denominator"]


def test_tablets_without_an_end_are_taken_up_to_the_last_contact(finished: Study) -> None:
    subjects = pl.read_parquet(finished / "results/analysis/subjects.parquet")
    assert subjects["EFFFL"].to_list() == ["Y"] * exports.PATIENTS
    days = subjects["TRTDURD"].sort().to_list()
    assert days == [100] + [exports.LAST_CONTACT + 1] * (exports.PATIENTS - 1)
    assert subjects["TRTONFL"].null_count() == 1


def test_nothing_is_said_of_what_is_not_there(finished: Study) -> None:
    words = r"lupus|renal response|remission|sledai|predniso|steroid|infusion|flare|mg/kg|biopsy"
    for page in ("report.html", "public.html"):
        text = read(finished / f"results/report/{page}")
        found = re.findall(rf".{{30}}(?:{words}).{{30}}", text, re.IGNORECASE)
        assert found == []
        told = re.findall("adverse [a-z ]*", text, re.IGNORECASE)
        assert {each.strip() for each in told} <= {"Adverse events were not collected"}
    made = {path.stem for path in (finished / "results/tables").glob("*.csv")}
    assert not {"safety", "time_to_event"} & made
    assert {"baseline", "paired", "response", "exposure"} <= made


def read(page: Path) -> str:
    """What a page says, with the data of its figures, without its program."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(
        r"(?s)<script(?! type=\"application/json\").*?</script>|<style.*?</style>", "", text
    )
    return html.unescape(re.sub(r"<[^>]+>", " ", text))
