"""R as the oracle: `make test-oracle`, or name this folder to pytest. `make test` passes it by."""

import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from tests.oracle import samples

SCRIPT = Path(__file__).with_name("oracle.R")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = any("oracle" in str(argument) for argument in config.invocation_params.args)
    return None if asked else True


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The samples by name, and R's findings on them by name with `_r`."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed; tests/oracle/install.sh installs it")
    folder = tmp_path_factory.mktemp("oracle")
    given = samples.all_samples()
    for name, frame in given.items():
        frame.write_csv(folder / f"{name}.csv")
    subprocess.run(["Rscript", str(SCRIPT), str(folder)], check=True)
    found = {
        f"{name}_r": pl.read_csv(folder / f"{name}_r.csv", infer_schema_length=None)
        for name in given
    }
    return given | found
