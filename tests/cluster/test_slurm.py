"""Studies on a real Slurm give the bytes of a local run, whatever the cluster does meanwhile.

One run of the demo study serves most tests: while it goes on, an extract arrives, a job is cancelled,
and the node is drained and comes back. A made-up registry in four shards follows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import pytest

from bench.registry import make_study
from tests.cluster import slurm
from tests.workflow.study import Study, new_study

PYTHON = Path(__file__).with_name("venv") / "bin" / "python"
LATE = "resources/demo/extracts/lab_west/an extract that came later.csv"
REGISTRY = ["results/analysis/visits.parquet", "results/harmonized/ledger.csv"]
PATIENCE = 900  # seconds until something that a run does must have happened, on a busy machine
FIELDS = ["JobID", "Comment", "State", "Account", "Partition", "ReqMem", "ReqCPUS", "TimelimitRaw"]
Seen = TypeVar("Seen")
Job = dict[str, str]


class Snakemake:
    """A run in `folder` that submits to the cluster; leaves no process behind."""

    def __init__(self, folder: Path, cluster: Path, profile: Path, *targets: str) -> None:
        self.cluster = cluster
        self.log = folder / "run.log"
        # As the profile says, but asking from the first second: nobody else uses this cluster.
        command = [PYTHON, "-m", "snakemake", "--workflow-profile", profile]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--slurm-init-seconds-before-status-checks=1", *targets],
                cwd=folder,
                env=os.environ | slurm.environment(cluster),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def until(self, seen: Callable[[], Seen], what: str) -> Seen:
        """Return the first thing seen that counts; fail when the run ends or time is up before."""
        deadline = time.monotonic() + PATIENCE
        while True:
            over = self.process.poll() is not None or time.monotonic() > deadline
            if found := seen():
                return found
            if over:
                pytest.fail(f"no {what}:\n{self.printed()[-3000:]}", pytrace=False)
            time.sleep(0.2)

    def until_rule_runs(self, rule: str) -> str:
        """Return the Slurm id of a job of `rule` once its own work, the first step, has begun."""

        def job() -> str | None:
            jobs = (line.split() for line in self.ask("squeue", "--format=%A %k").splitlines())
            steps = self.ask("squeue", "--steps", "--format=%i").split()
            ours = (id for id, comment in jobs if comment.startswith(f"rule_{rule}"))
            return next((id for id in ours if f"{id}.0" in steps), None)

        return self.until(job, f"job of {rule}")

    def end(self) -> int:
        """Wait for the run's end and return its exit status."""
        self.until(lambda: self.process.poll() is not None, "end of the run")
        return self.process.returncode

    def ask(self, command: str, *options: str) -> str:
        return slurm.ask(self.cluster, command, "--noheader", *options)

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def jobs(self, *fields: str) -> list[Job]:
        """Slurm's own account of the jobs in the run's folder."""
        columns = ["WorkDir", *fields]
        lines = self.ask("sacct", "-X", "-P", f"--format={','.join(columns)}").splitlines()
        jobs = (dict(zip(columns, line.split("|"), strict=True)) for line in lines)
        return [job for job in jobs if job["WorkDir"] == str(self.log.parent)]


@dataclass(frozen=True)
class Run:
    """What came of a run."""

    study: Study
    status: int
    printed: str
    jobs: list[Job]
    cancelled: str
    queue_while_drained: list[str]

    def of(self, rule: str) -> list[Job]:
        return [job for job in self.jobs if job["Comment"].startswith(f"rule_{rule}")]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The demo study, not yet run."""
    return new_study(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def local(fresh: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The demo study after a local run."""
    study = fresh.copy(tmp_path_factory.mktemp("local"))
    study.run()
    return study


@pytest.fixture(scope="session")
def run(fresh: Study, cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo study after a run on a cluster that gave it trouble."""
    study = fresh.copy(tmp_path_factory.mktemp("slurm"))
    node = ("scontrol", "update", f"nodename={slurm.NODE}")
    with Snakemake(study.folder, cluster, study / "profiles/slurm") as snakemake:
        snakemake.until_rule_runs("ingest")
        extract = next((study / LATE).parent.glob("*.csv"))
        (study / LATE).write_bytes(extract.read_bytes())

        cancelled = snakemake.until_rule_runs("harmonize")
        slurm.ask(cluster, "scancel", cancelled)

        snakemake.until_rule_runs("subjects")
        slurm.ask(cluster, *node, "state=drain", "reason=maintenance")
        snakemake.until(lambda: snakemake.ask("sinfo", "--format=%T") == "drained", "drained node")
        queue = snakemake.until(lambda: snakemake.ask("squeue", "--format=%T"), "waiting jobs")
        slurm.ask(cluster, *node, "state=resume")

        return Run(
            study=study,
            status=snakemake.end(),
            printed=snakemake.printed(),
            jobs=snakemake.jobs(*FIELDS),
            cancelled=cancelled,
            queue_while_drained=queue.split(),
        )


def outputs(study: Study) -> dict[str, bytes]:
    """All results by path, logs and benchmarks aside."""
    results = study / "results"
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file()
        and path.relative_to(results).parts[0] not in {"logs", "benchmarks", "provenance"}
    }


def test_the_run_ends_well(run: Run) -> None:
    assert run.status == 0, run.printed[-3000:]


def test_every_output_is_byte_for_byte_that_of_a_local_run(run: Run, local: Study) -> None:
    there, here = outputs(run.study), outputs(local)
    assert there.keys() == here.keys()
    assert [path for path, content in here.items() if there[path] != content] == []


def test_a_cancelled_job_is_submitted_again(run: Run) -> None:
    states = {job["JobID"]: job["State"].split()[0] for job in run.of("harmonize")}
    assert states.pop(run.cancelled) == "CANCELLED"
    assert list(states.values()) == ["COMPLETED"]


def test_jobs_wait_for_a_drained_node_and_run_when_it_is_back(run: Run) -> None:
    assert set(run.queue_while_drained) == {"PENDING"}
    assert [job["State"] for job in run.of("visits")] == ["COMPLETED"]


def test_every_job_has_the_account_and_partition_of_the_profile(run: Run) -> None:
    assert {(job["Account"], job["Partition"]) for job in run.jobs} == {
        (slurm.ACCOUNT, slurm.PARTITION)
    }


def test_small_deliveries_share_a_job(run: Run) -> None:
    assert len(list((run.study / "results/ingested").glob("*/*/ledger.csv"))) > 30
    assert len(run.of("ingest")) == 1


def test_small_jobs_share_an_allocation_with_the_memory_of_one_and_the_time_of_all(
    run: Run,
) -> None:
    drawn = {"trajectories", "swimmer", "waterfall", "steroids", "missingness", "concordance"}
    figures = [job for job in run.jobs if any(rule in job["Comment"] for rule in drawn)]
    assert 0 < len(figures) < len(drawn)
    assert all(int(job["TimelimitRaw"]) % 15 == 0 for job in figures)
    assert len({(job["ReqMem"], job["ReqCPUS"]) for job in figures}) == 1


def test_an_extract_that_arrives_during_the_run_waits_for_the_next(run: Run) -> None:
    assert run.study.planned()["ingest"] == 1


def test_a_local_run_finds_the_results_of_the_cluster_up_to_date(run: Run, tmp_path: Path) -> None:
    study = run.study.copy(tmp_path)
    (study / LATE).unlink()
    assert not study.planned()


def test_a_registry_in_four_shards_gives_the_bytes_of_one_on_this_machine(
    cluster: Path, tmp_path: Path
) -> None:
    make_study(tmp_path / "divided", rows=20_000, shards=4, exports=6)
    divided = Study(tmp_path / "divided")
    whole = divided.copy(tmp_path / "whole")
    whole.configure(study__shards=1)
    whole.run(*REGISTRY)
    with Snakemake(divided.folder, cluster, divided / "profiles/slurm", *REGISTRY) as snakemake:
        assert snakemake.end() == 0, snakemake.printed()
        rules = [job["Comment"] for job in snakemake.jobs("Comment")]
    assert sum(rule.startswith("rule_visits") for rule in rules) == 4
    for table in REGISTRY:
        assert (divided / table).read_bytes() == (whole / table).read_bytes(), table


def test_a_job_that_outgrows_its_memory_is_retried_with_more(
    root: Path, cluster: Path, tmp_path: Path
) -> None:
    (tmp_path / "Snakefile").write_text(
        'rule hungry:\n    output: "done"\n    shell:\n'
        "        \"python3 -c 'import time; eaten = bytearray(2500 << 20); time.sleep(6)'"
        ' && touch {output}"\n'
    )
    with Snakemake(tmp_path, cluster, root / "profiles/slurm") as snakemake:
        assert snakemake.end() == 0, snakemake.printed()
        assert [(job["ReqMem"], job["State"]) for job in snakemake.jobs("ReqMem", "State")] == [
            ("2000M", "FAILED"),
            ("4000M", "COMPLETED"),
        ]
