"""A shard's job is spared only while nothing that decides its outputs has changed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remit.machinery.kept import kept

Job = Callable[..., bool]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Run a job that copies its input and says whether it had to; Snakemake deletes outputs first."""
    monkeypatch.chdir(tmp_path)

    def run(
        rows: str | None = None,
        shard: str | None = "3",
        deciding: Sequence[str] | None = ("rows",),
        **params: Any,
    ) -> bool:
        if rows is not None:
            Path("rows").write_text(rows)
        Path("none").touch()
        Path("out").unlink(missing_ok=True)
        snakemake = SimpleNamespace(
            rule="visits",
            wildcards={"shard": shard} if shard else {},
            input={"rows": ["rows", "none"], "other": "rows"},
            output=["out"],
            params=params,
        )
        worked = False
        with suppress(SystemExit), kept(snakemake, deciding):
            worked = True
            Path("out").write_bytes(Path("rows").read_bytes())
        assert Path("out").read_bytes() == Path("rows").read_bytes()
        return worked

    return run


def test_the_same_input_under_the_same_parameters_gives_the_outputs_back(ran: Job) -> None:
    assert ran("a", spec={"x": 1})
    assert not ran("a", spec={"x": 1})


def test_another_input_another_parameter_or_nothing_kept_is_work(ran: Job) -> None:
    assert ran("a", spec=1)
    assert ran("b", spec=1)
    assert ran("b", spec=2)
    assert ran("b", spec=2, shard="4")
    assert not ran("b", spec=2)


def test_a_study_that_is_not_divided_is_spared_too(ran: Job) -> None:
    assert ran("a", shard=None)
    assert not ran("a", shard=None)


def test_of_the_inputs_named_the_order_does_not_count_and_of_all_it_does(ran: Job) -> None:
    assert ran("a", deciding=None)
    assert not ran("a", deciding=None)
    assert ran("b", deciding=None)


def test_an_output_that_was_edited_in_place_is_not_given_back(ran: Job) -> None:
    assert ran("a")
    with Path("out").open("r+") as file:
        file.write("z")
    assert ran("a")


def test_a_job_that_failed_is_not_remembered(ran: Job, tmp_path: Path) -> None:
    assert ran("a")
    snakemake = SimpleNamespace(
        rule="visits", wildcards={"shard": "3"}, input={"rows": "rows"}, output=["out"], params={}
    )
    (tmp_path / "rows").write_text("b")
    with pytest.raises(ValueError, match="no"), kept(snakemake, ["rows"]):
        raise ValueError("no")
    assert ran("b")
