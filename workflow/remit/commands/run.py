"""`remit run`: Snakemake with Remit's rules, in the study's folder."""

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


def run(given: Namespace) -> int:
    """The exit status of Snakemake."""
    own, ours = given.study / "Snakefile", Path(roots.snakefile())
    if not (given.study / "config.yaml").is_file() and "--configfile" not in given.snakemake:
        raise RemitError(
            f"there is no {given.study / 'config.yaml'}. Run in the study's folder, or name it with "
            "--study."
        )
    command = [sys.executable, "-m", "snakemake", "--cores", given.cores, *given.snakemake]
    command += ["--snakefile", str(own if own.is_file() else ours)]
    profile = roots.CODE / "profiles" / "default"
    if not {"--profile", "--workflow-profile"} & set(given.snakemake):
        command += ["--workflow-profile", str(profile)]
    return subprocess.run(command, cwd=given.study, check=False).returncode
