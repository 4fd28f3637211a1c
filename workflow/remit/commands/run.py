"""`remit run`: Snakemake with Remit's rules, in the study's folder, told in a few lines."""

import os
import re
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from remit import roots
from remit.errors import RemitError

STEPS = re.compile(r"(\d+) of (\d+) steps \(([\d.]+%|100%)?\)?")
FAILED = re.compile(r"^Error in (?:rule|group) (\w+):")
LOG = re.compile(r"^\s+log: (.+?)(?: \(check log file.*)?$")
WIDTH = 30


def arguments(parser: ArgumentParser) -> None:
    """The command line; what it does not know goes to Snakemake."""
    parser.epilog = "Every option of Snakemake is understood too: remit run --dry-run"
    parser.add_argument("--study", type=Path, default=Path(), help="the study's folder")
    parser.add_argument("--cores", "-c", default="4", help="how many cores to use (4)")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="Snakemake's own words, all of them"
    )


def run(given: Namespace) -> int:
    """The exit status of Snakemake."""
    command = of_snakemake(given.study, given.cores, given.snakemake)
    # What asks Snakemake for something else than a run is answered in its own words.
    asks = any(word.startswith("-") and word not in KEPT for word in given.snakemake)
    if given.verbose or asks:
        return subprocess.run(command, cwd=given.study, check=False).returncode
    return _told(command, given.study)


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
    return command


#: Options of Snakemake under which a run is still a run.
KEPT = {
    *("--configfile", "--config", "--keep-going", "-k", "--forceall", "-F", "--profile"),
    *("--workflow-profile", "--jobs", "-j", "--latency-wait", "--rerun-incomplete", "--until"),
}


def _told(command: list[str], folder: Path) -> int:
    """Run, with one line of progress; then how the study stands, or what went wrong."""
    environment = os.environ | {"REMIT_TOLD": "1"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        # Whoever ends this ends Snakemake, which then cleans up after itself.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            said = list(_progress(process.stdout, sys.stderr.isatty()))
        except KeyboardInterrupt:
            process.wait()
            print(
                "Stopped. What is finished is kept: remit run goes on from there.", file=sys.stderr
            )
            return 130
    if process.returncode:
        print(*failure(said, folder), sep="\n", file=sys.stderr)
        return process.returncode
    if any("Nothing to be done" in line for line in said):
        print("Nothing to do: the results are those of these extracts and this plan.")
    subprocess.run([sys.executable, "-m", "remit", "status"], cwd=folder, check=False)
    return 0


def _progress(lines: Iterable[str], terminal: bool) -> Iterator[str]:
    """Pass on what is said, the steps aside, which are shown: as one line, or in tenths."""
    shown = 0
    for line in lines:
        found = STEPS.search(line)
        if found is None:
            yield line.rstrip("\n")
            continue
        done, of = int(found[1]), int(found[2])
        if terminal:
            bar = "#" * (WIDTH * done // of)
            print(f"\r[{bar:<{WIDTH}}] {done} of {of} steps", end="", file=sys.stderr, flush=True)
        elif 10 * done // of > shown:
            shown = 10 * done // of
            print(f"{done} of {of} steps", file=sys.stderr, flush=True)
    if terminal:
        print("\r" + " " * (WIDTH + 24) + "\r", end="", file=sys.stderr, flush=True)


def failure(said: list[str], folder: Path) -> Iterator[str]:
    """What went wrong, where, and what to do, out of what Snakemake said.

    Args:
        said: its lines.
        folder: the study's.
    """
    failed: dict[str, str] = {}
    rule = ""
    for (
        line
    ) in said:  # each job tells its log when it starts; only those of failed ones are asked for
        if found := FAILED.match(line):
            rule = found[1]
        elif rule and (found := LOG.match(line)):
            failed[found[1]], rule = rule, ""
    if not failed:  # it did not come to a rule: the configuration, the extracts, the folder
        yield from _without_trace(said)
        yield "Nothing was run. Mend this and run again."
        return
    for log, rule in failed.items():
        path = folder / log
        yield f"{rule} failed:"
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        yield from (f"  {line}" for line in _last_words(text))
        if path.is_file():
            yield f"  log: {path}"
    yield "What was finished before is kept. Mend this and run again; remit run -v shows every step."


def _without_trace(said: list[str]) -> Iterator[str]:
    """The message of a WorkflowError, without where in Remit's files it was raised."""
    starts = [k for k, line in enumerate(said) if re.match(r"\w*(Error|Exception)\b", line)]
    for line in said[starts[0] if starts else 0 :]:
        place = re.match(r'  File "|\w*(Error|Exception)( in file .*)?:?$', line.rstrip())
        if line.strip() and not place:
            yield line


def _last_words(text: str) -> list[str]:
    """A message as it is; of a traceback its last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if "Traceback (most recent call last):" in lines:
        return lines[-1:]
    return lines[-20:]
