"""`remit schema`: what a configuration may say, as editors read it."""

import json
from argparse import ArgumentParser, Namespace

from remit.plan.reference import schema


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = "example: remit schema > schema.json"


def run(given: Namespace) -> int:
    """Print the JSON schema."""
    print(json.dumps(schema(), ensure_ascii=False, indent=1))
    return 0
