"""Every fault that is tried on the minimal study: where it strikes and what it does."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.workflow.study import Study

#: Rule to the files it writes, the first job of each rule.
Outputs = dict[str, list[str]]
WRITE_ERRORS = ["full disk", "read-only", "input/output error", "quota", "no access"]


@dataclass(frozen=True)
class Fault:
    """One fault: the rule that is made to run, and how it is disturbed.

    `inject` goes to `inject/sitecustomize.py`; `disturb` names a function of `disturbances.py`.
    """

    rule: str
    name: str
    inject: dict[str, object] = field(default_factory=dict)
    disturb: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.name}"

    def environment(self, mark: str) -> str:
        """The value of REMIT_FAULT."""
        return json.dumps({"script": self.rule, "mark": mark, **self.inject})


def outputs(finished: Study) -> Outputs:
    """What each rule wrote, as Snakemake noted it."""
    written: dict[str, list[str]] = {}
    metadata = finished / ".snakemake/metadata"
    for path in sorted(metadata.rglob("*")):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(metadata).parts)
            rule = json.loads(path.read_text())["rule"]
            written.setdefault(rule, []).append(base64.urlsafe_b64decode(name).decode())
    return {rule: sorted(files) for rule, files in sorted(written.items())}


def kills(written: Outputs) -> Iterator[Fault]:
    """A kill before and after each output of each rule appears, of the job, the run, or both."""
    victims = ["kill", "kill all", "kill run"]
    for rule, count in ((rule, len(files)) for rule, files in written.items()):
        for n in range(1, count + 1):
            moments = [("before", {}), ("half of", {"half": True}), ("after", {"after": True})]
            for turn, (moment, how) in enumerate(moments):
                chosen = victims if count == 1 else [victims[(n + turn) % 3]]
                for do in chosen:
                    if how.get("half") and do == "kill run":
                        continue  # the job would go on to publish what the test cut in half
                    at = {"at": "os.rename", "of": ".partial", "n": n, "do": do} | how
                    yield Fault(rule, f"{do} {moment} output {n}", at)
        for do in victims:
            of_script = {"at": "import", "of": "remit.machinery.write", "n": 1, "do": do}
            yield Fault(rule, f"{do} while it starts", of_script)


def write_errors(written: Outputs) -> Iterator[Fault]:
    """A write that the system refuses, at the first and the last output of each rule."""
    errors = WRITE_ERRORS * len(written)
    for rule, count in ((rule, len(files)) for rule, files in written.items()):
        for n in sorted({1, count}):
            do = errors.pop()
            at = {"at": "os.rename", "of": ".partial", "n": n, "do": do}
            yield Fault(rule, f"{do} at output {n}", at)


def snakemake_kills(_written: Outputs) -> Iterator[Fault]:
    """Snakemake itself dies while it keeps its own books."""
    for folder in ("metadata", "incomplete"):
        for n in (1, 2, 5):
            for rule in ("harmonize", "statistics"):
                at = {"script": "snakemake", "at": "open", "of": f".snakemake/{folder}", "n": n}
                yield Fault(rule, f"Snakemake killed at {folder} {n}", at | {"do": "kill"})
    for do in ("interrupt", "terminate"):
        at = {"script": "snakemake", "at": "open", "of": ".snakemake/incomplete", "n": 1, "do": do}
        yield Fault("visits", f"{do} Snakemake", at)


def disturbances(_written: Outputs) -> Iterator[Fault]:
    """Faults of the surroundings; the functions of the same names are in `disturbances.py`."""
    from tests.faults import disturbances as functions

    for name, function in vars(functions).items():
        if getattr(function, "is_fault", False):
            yield Fault(function.rule, name.replace("_", " "), disturb=name)


def matrix(written: Outputs) -> list[Fault]:
    """All faults in a fixed order."""
    makers = (kills, write_errors, snakemake_kills, disturbances)
    return [fault for make in makers for fault in make(written)]


def sample(faults: list[Fault], size: int, seed: int) -> list[Fault]:
    """A seeded choice that holds at least one fault of each rule before any second one."""
    turn = random.Random(seed)
    shuffled = turn.sample(faults, len(faults))
    first: dict[str, Fault] = {}
    for fault in shuffled:
        first.setdefault(fault.rule, fault)
    rest = [fault for fault in shuffled if fault not in first.values()]
    return [*first.values(), *rest][:size]
