"""What an item can score stands in the dictionary: its weight, a range, or grades."""

import polars as pl
import pytest

from remit.ingest import dictionaries
from remit.ingest.questionnaires import read


@pytest.fixture(scope="module")
def known(root):
    return dictionaries.load()


@pytest.mark.parametrize(
    ("item", "answer", "score", "allowed"),
    [
        ("Arthritis", "4", 4, True),
        ("Arthritis", "yes", 4, True),
        ("Arthritis", "2", 2, False),
        ("SLEDAI-2K total", "105", 105, True),
        ("SLEDAI-2K total", "106", 106, False),
        ("SLEDAI-2K total", "4.5", 4.5, False),
        ("PGA (0-3)", "1.5", 1.5, True),
        ("PGA (0-3)", "3.1", 3.1, False),
        ("BILAG renal", "A", 12, True),
        ("BILAG-2004 renal", "b", 8, True),
        ("BILAG 肾脏", "E", 0, True),
        ("BILAG renal", "F", None, False),
        ("BILAG renal", "8", None, False),
    ],
)
def test_scores_that_an_item_can_have(known, item, answer, score, allowed):
    row = read(pl.DataFrame({"QSTEST": [item], "QSORRES": [answer]}), known).row(0, named=True)
    assert (row["QSSTRESN"], row["SCORE_ALLOWED"]) == (score, allowed)
    assert (row["QSORRES.FAULT"] is None) == (score is not None)
    assert row["VALUE_PROPOSAL"]


def test_what_grades_there_are_is_proposed(known):
    rows = pl.DataFrame({"QSTEST": ["BILAG renal"], "QSORRES": ["F"]})
    assert read(rows, known)["VALUE_PROPOSAL"].item() == "a grade is one of A;B;C;D;E"
