"""From raw laboratory extracts to response rates: what of Remit is meant for others.

    import remit

    study = remit.read_study("my study")     # a study that has run
    study.table("paired")                    # a wide table of its statistics, as a polars frame
    study.result("analysis/visits.parquet")  # an analysis data set
    remit.paired(before, after)  # the card of a paired comparison, for any two samples

A study's own Snakefile has five lines:

    from remit import snakefile
    module remit:
        snakefile: snakefile()
        config: config
    use rule * from remit

Everything else is the workflow's own and may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = ["RemitError", "paired", "read_study", "snakefile"]

if TYPE_CHECKING:
    from remit.commands.study import read_study
    from remit.errors import RemitError
    from remit.roots import snakefile
    from remit.statistics.two_samples import paired

_HOMES = {
    "RemitError": "remit.errors",
    "paired": "remit.statistics.two_samples",
    "read_study": "remit.commands.study",
    "snakefile": "remit.roots",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: the Snakefile imports the package and no more of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'remit' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
