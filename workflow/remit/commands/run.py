"""`remit run`: Snakemake with Remit's rules, in the study's folder, told in a few lines."""

import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from remit import roots
from remit.errors import RemitError


def arguments(parser: ArgumentParser) -> None:
    """The command line; what it does not know goes to Snakemake."""
    parser.epilog = "Every option of Snakemake is understood too: remit run --dry-run"
    parser.add_argument("--study", type=Path, default=Path(), help="the study's folder")
    parser.add_argument("--cores", "-c", default="4", help="how many cores to use (4)")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="Snakemake's own words, all of them"
    )


def run(given: Namespace) -> int:
    """The exit status of Snakemake, which tells of the run in Remit's words."""
    verbose = ["--verbose"] * given.verbose
    command = of_snakemake(given.study, given.cores, [*verbose, *given.snakemake])
    with subprocess.Popen(command, cwd=given.study) as process:
        # Whoever ends this ends Snakemake, which then cleans up after itself.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal it gets its own
        return process.wait()


def of_snakemake(study: Path, cores: str, options: list[str]) -> list[str]:
    """The command that runs Snakemake for a study.

    Raises:
        RemitError: the folder holds no configuration.
    """
    if not (study / "config.yaml").is_file() and "--configfile" not in options:
        raise RemitError(
            f"there is no {study / 'config.yaml'}. Run in the study's folder, or name it with "
            "--study; `remit init` writes a first one."
        )
    own, ours = (study / "Snakefile").resolve(), Path(roots.snakefile())
    command = [sys.executable, "-m", "snakemake", "--cores", cores, *options]
    command += ["--snakefile", str(own if own.is_file() else ours)]
    if not {"--profile", "--workflow-profile"} & set(options):
        command += ["--workflow-profile", str(roots.CODE / "profiles" / "default")]
    if "--logger" not in options:
        command += ["--logger", "remit"]
    return command
