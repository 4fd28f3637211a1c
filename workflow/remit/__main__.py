"""The `remit` command: one subcommand a module of `remit.commands`, imported when it is asked for."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any

from remit.errors import RemitError
from remit.machinery.write import Printable

COMMANDS = {
    "plan": "say what a run would do, and why",
    "run": "run the study in this folder: Snakemake with Remit's rules",
    "init": "propose a configuration for exports that are new to Remit",
    "status": "say how the study stands and what to do next",
    "decide": "show what waits for somebody's word, and sign it",
    "check": "try one file against its feed",
    "schema": "print what a configuration may say as a JSON schema",
    "why": "show where a number comes from",
    "diff": "tell what changed between two folders of results",
    "exchange": "write the data as SAS transport files and Dataset-JSON",
    "provenance": "write what the results were made of as an RO-Crate",
    "scan-identifiers": "search everything outside results/private for raw identifiers",
}


def main(given: Sequence[str] | None = None) -> int:
    """Run one subcommand; an error that a person can mend is printed and gives exit status 1."""
    given = sys.argv[1:] if given is None else list(given)
    parser = argparse.ArgumentParser(prog="remit", description="Look into a study and its results.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, about in COMMANDS.items():
        sub = subparsers.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        if given[:1] == [name]:
            _module(name).arguments(sub)
    arguments, rest = parser.parse_known_args(given)
    if rest and arguments.command != "run":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.snakemake = rest
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `remit why … | head` ends quietly
    # What a laboratory wrote may hold what a terminal would obey.
    with redirect_stdout(Printable(sys.stdout)), redirect_stderr(Printable(sys.stderr)):
        try:
            status: int = _module(arguments.command).run(arguments)
        except RemitError as error:
            print(f"remit {arguments.command}: {error}", file=sys.stderr)
            return 1
    return status


def _module(command: str) -> Any:
    return import_module(f"remit.commands.{command.replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main())
