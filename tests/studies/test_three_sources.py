"""Three hospitals, three forms of data: from the raw row to the response, in whatever order it comes."""

from pathlib import Path

import polars as pl
import pytest

from remit import roots
from tests.studies.three_sources import exports
from tests.workflow.study import Study

TABLES = {
    "harmonized": ["dm", "ex", "lb"],
    "analysis": ["subjects", "visits", "responses"],
}
TARGETS = [f"results/{part}/{name}.parquet" for part, names in TABLES.items() for name in names]
LISTS = ["results/quality/warnings.csv", "results/harmonized/quarantine.csv"]
#: What names the row a value is from, and so the file.
OF_ROWS = r"^(SRC.*|ROWID|.*row_id|LBREFID)$"


def run(folder: Path, seed: int | None = None) -> Study:
    study = Study(folder)
    (study / "Snakefile").write_text(roots.SNAKEFILE, encoding="utf-8")
    exports.write(study.folder, seed=seed)
    study.run(*TARGETS, *LISTS)
    return study


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run(tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="module")
def names(finished: Study) -> dict[str, str]:
    """Pseudonym to number."""
    return dict(
        pl.read_parquet(finished / "results/private/people.parquet")
        .select("USUBJID", "SUBJID")
        .iter_rows()
    )


def test_the_ratio_is_right_whether_reported_or_made_of_its_parts(
    finished: Study, names: dict[str, str]
) -> None:
    visits = pl.read_parquet(finished / "results/analysis/visits.parquet")
    analysed = visits.filter(PARAMCD="UPCR", ANL01FL="Y").sort("USUBJID", "AVISITN")
    got: dict[str, list[tuple[float, str | None]]] = {}
    for name, value, oper in analysed.select("USUBJID", "AVAL", "AVALOPER").iter_rows():
        got.setdefault(names[name], []).append((round(value, 3), oper))
    assert got == {who: course for who, (course, _) in exports.COURSE.items()}


def test_responders_are_those_whose_ratio_fell_by_half(
    finished: Study, names: dict[str, str]
) -> None:
    responses = pl.read_parquet(finished / "results/analysis/responses.parquet")
    month = responses.filter(AVISIT="Month 1").select("USUBJID", "AVALC")
    got = {names[name]: response == "R" for name, response in month.iter_rows()}
    assert got == {who: responded for who, (_, responded) in exports.COURSE.items()}


def test_no_strip_is_a_quantity_and_none_is_lost(finished: Study) -> None:
    lb = pl.read_parquet(finished / "results/harmonized/lb.parquet")
    assert lb.filter(LBTESTCD="UPRODIP")["LBSTRESC"].to_list() == ["2+", "2+"]
    aside = pl.read_csv(finished / "results/harmonized/quarantine.csv")
    strips = aside.filter(column="LBTEST", rule="test_ambiguous")
    assert strips["value"].to_list() == ["Protein"] * 4


def test_names_and_order_of_feeds_files_and_lines_change_no_result(
    finished: Study, tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    key = (finished / "private/pseudonym.key").read_bytes()
    (tmp_path / "private/pseudonym.key").write_bytes(key)
    other = run(tmp_path, seed=7)
    for path in TARGETS:
        one, two = (
            pl.read_parquet(study / path).drop("^" + OF_ROWS[1:]) for study in (finished, other)
        )
        order = one.columns
        assert one.sort(order, nulls_last=True).equals(two.sort(order, nulls_last=True)), path
