"""Each whole study is run once, when a test first asks for it."""

from collections.abc import Callable
from functools import cache

import pytest

from tests import studies
from tests.workflow.study import Study

Finished = Callable[[str], Study]


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A function that gives a study after its run, by its name. Copy it before changing it."""

    @cache
    def run(name: str) -> Study:
        study = studies.new(name, tmp_path_factory.mktemp(name))
        study.run()
        return study

    return run
