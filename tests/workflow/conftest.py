"""One finished run of the demo study that every workflow test copies."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import disturbances
from tests.workflow.study import Study, new_study, without_network


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The demo study after one full run, without a network. Copy it before changing it."""
    study = new_study(tmp_path_factory.mktemp("finished"))
    study.run(before=without_network())
    return study


@pytest.fixture
def study(finished: Study, tmp_path: Path) -> Study:
    """A copy of the finished study to change."""
    return finished.copy(tmp_path)


@pytest.fixture
def contents() -> Callable[[Study], dict[str, bytes]]:
    """A function that reads all results but those that tell of the run itself."""
    return disturbances.contents
