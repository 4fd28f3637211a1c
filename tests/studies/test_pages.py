"""No report speaks of what its study does not have."""

import pytest

from tests import studies
from tests.studies import pages
from tests.studies.conftest import Finished


@pytest.mark.parametrize("name", studies.HAS)
def test_no_page_table_or_figure_speaks_of_what_is_not_there(
    finished_study: Finished, name: str
) -> None:
    study = finished_study(name)
    assert pages.unfounded(study, studies.HAS[name]) == []
    if "adverse events" not in studies.HAS[name]:
        report = pages.text_of(study / "results/report/report.html")
        assert report.count(pages.NOT_COLLECTED) == 1


def test_the_words_are_those_that_a_study_says_which_has_the_thing(
    finished_study: Finished,
) -> None:
    found = {theme for _, theme, _ in pages.unfounded(finished_study(studies.LUPUS), set())}
    assert found == set(pages.WORDS)
