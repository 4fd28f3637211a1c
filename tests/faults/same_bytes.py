"""The same study on other paths, in other languages, time zones and numbers of cores: the same bytes.

    python -m tests.faults.same_bytes [--demo]

Runs the minimal study (or the demo) once as it is and once under each surrounding, from nothing. The
run without a network needs user namespaces (`unshare`). The one as another user needs to be root, and a
Python where others may enter (not below /root). The locales must be installed: a program that is told of
one that is not there goes on in C. What cannot be tried counts as a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.faults.disturbances import contents
from tests.faults.minimal import minimal_study
from tests.workflow.study import NO_NETWORK, SNAKEMAKE, Study, new_study

#: Name, cores, environment, words before the command.
SURROUNDINGS: list[tuple[str, int, dict[str, str], list[str]]] = [
    ("one core", 1, {"PYTHONHASHSEED": "1"}, []),
    ("four cores", 4, {"PYTHONHASHSEED": "2"}, []),
    ("C locale, far east", 2, {"LC_ALL": "C", "TZ": "Pacific/Kiritimati"}, []),
    ("Chinese locale", 2, {"LC_ALL": "zh_CN.UTF-8", "TZ": "Asia/Shanghai"}, []),
    ("German locale, far west", 2, {"LC_ALL": "de_DE.UTF-8", "TZ": "Etc/GMT+12"}, []),
    ("no network", 2, {"PYTHONHASHSEED": "3"}, NO_NETWORK),
    (
        "another user",
        2,
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/tmp/nobody"},
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"],
    ),
]
OTHER_PATH = "eine andere Mappe 病例 'q'"


def main() -> int:
    """Run under each surrounding; 0 when all bytes were equal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", action="store_true", help="the demo, not the minimal study")
    parser.add_argument("--only", default="", help="surroundings whose name holds this text")
    parser.add_argument("--finished", type=Path, help="a study that has been run")
    given = parser.parse_args()
    make = new_study if given.demo else minimal_study
    failed = 0
    with tempfile.TemporaryDirectory(prefix="remit-same-") as top:
        Path(top).chmod(0o755)
        finished = given.finished and Study(given.finished.resolve())
        if finished is None:
            finished = make(Path(top) / "first")
            finished.run()
        wanted = contents(finished)
        tried = 0
        for name, cores, environment, before in SURROUNDINGS:
            if given.only not in name:
                continue
            study = make(Path(top) / f"{OTHER_PATH} {tried}")
            told = _not_in_effect(environment, before)
            if name == "another user" and not told:
                subprocess.run(["chown", "-R", "nobody", str(study.folder)], check=True)
            told = told or _run(study, cores, environment, before)
            got = contents(study) if not told else {}
            wrong = sorted(n for n in got.keys() | wanted.keys() if got.get(n) != wanted.get(n))
            if not told and name == "another user" and (study / "results").owner() != "nobody":
                told = "the results belong to another"
            failed += bool(wrong or told)
            tried += 1
            print(
                f"{name}: {told or (f'{len(wrong)} files differ: {wrong[:5]}' if wrong else 'equal')}"
            )
            shutil.rmtree(study.folder)
    print(f"surroundings tried {tried}, bytes equal {tried - failed} of {len(wanted)} files each")
    return int(failed > 0)


def _not_in_effect(environment: dict[str, str], before: list[str]) -> str:
    """What of a surrounding does not reach a program that is started in it."""
    asks = (
        "import locale, time; print(locale.setlocale(locale.LC_ALL, ''), time.timezone, sep='\\n')"
    )
    # A shell between, as in a rule: the first program that `setpriv` starts may still enter all folders.
    done = subprocess.run(
        ["sh", "-c", '"$@"', "sh", *before, "sh", "-c", '"$0" -c "$1"', sys.executable, asks],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"not tried: {done.stderr.splitlines()[-1]}"
    language, offset = done.stdout.split()
    if language != environment.get("LC_ALL", language):
        return f"not tried: the locale is {language}"
    zone = environment.get("TZ")
    if zone and -int(offset) != ZoneInfo(zone).utcoffset(datetime(2021, 1, 1)).total_seconds():  # type: ignore[union-attr]
        return f"not tried: {zone} is not known"
    return ""


def _run(study: Study, cores: int, environment: dict[str, str], before: list[str]) -> str:
    done = subprocess.run(
        [*before, *SNAKEMAKE, "--cores", str(cores)],
        cwd=study.folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return "" if done.returncode == 0 else f"failed\n{(done.stdout + done.stderr)[-3000:]}"


if __name__ == "__main__":
    sys.exit(main())
