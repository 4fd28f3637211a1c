"""A real Slurm on this machine: `make test-cluster`, or name this folder to pytest.

`make test` passes it by. Where it is asked for and cannot be had, it fails.
"""

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import slurm


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = any("cluster" in str(argument) for argument in config.invocation_params.args)
    return None if asked else collection_path.name == "test_slurm.py" or None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The folder of a running cluster.

    The same folder for each run in this repository, so that the next run ends what a killed one
    left running; not below the repository, because a socket's path must be short.
    """
    here = zlib.crc32(str(Path(__file__)).encode())
    folder = Path(tempfile.gettempdir()) / f"remit-slurm-{here:08x}"
    slurm.start(folder)
    yield folder
    slurm.stop(folder)
