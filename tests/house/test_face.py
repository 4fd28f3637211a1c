"""What Remit offers to others: it is there, it costs nothing to import, and its examples are true."""

import doctest
import subprocess
import sys

import pytest

import remit
from remit import roots
from remit.statistics import two_samples


@pytest.mark.parametrize("name", remit.__all__)
def test_every_name_of_the_face_is_there(name: str) -> None:
    assert getattr(remit, name).__doc__


def test_what_is_not_offered_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'visits'"):
        _ = remit.visits


@pytest.mark.parametrize("module", [two_samples, roots])
def test_the_examples_are_true(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried
    assert not failed


def test_importing_remit_imports_nothing_large() -> None:
    asked = (
        "import sys, remit; print(*{'polars', 'pandera', 'snakemake', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_gap_leaves_its_pair_out_and_is_counted() -> None:
    card = remit.paired([1.0, None, 3.0, 4.0], [2.0, 2.0, None, 1.0])
    counts = dict(card.select("statistic", "value").iter_rows())
    assert (counts["n"], counts["n_no_visit"], counts["n_no_baseline"]) == (2, 1, 1)


def test_samples_of_two_lengths_are_refused() -> None:
    with pytest.raises(remit.RemitError, match="3 values before and 2 after"):
        remit.paired([1, 2, 3], [1, 2])
