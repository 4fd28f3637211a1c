"""Fixtures that every test module shares."""

import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from remit import roots
from remit.plan import packs

ROOT = Path(__file__).parents[1]
# What is tested without a plan knows what every pack holds; a run goes by its plan.
os.environ[roots.PACKS] = " ".join(packs.shipped())


class FolderScheduling(LoadScopeScheduling):
    """Fixtures that are costly to make are shared within a folder: each folder goes to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder that takes longest goes first, beside all the others."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published reference data that lie beside the repository, not in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"reference data are not at {folder}")
    return folder
