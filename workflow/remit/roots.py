"""Where Remit's code lies, and where a study lies: two folders, which may be one.

The code root holds the Snakefile, the rules, the scripts and Remit's own dictionaries: the checkout, or
what an installed wheel brings along. The study root is the working directory; every path of a
configuration is relative to it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

#: The package itself.
LIBRARY = Path(__file__).resolve().parent

#: In a wheel the workflow lies below the library, in a checkout the library lies below the workflow.
CODE = LIBRARY / "home" if (LIBRARY / "home").is_dir() else LIBRARY.parents[1]


#: What a study's own Snakefile says.
SNAKEFILE = """\
from remit import snakefile
module remit:
    snakefile: snakefile()
    config: config
use rule * from remit
"""


def snakefile() -> str:
    """Where the Snakefile lies, so that a study's own can include it.

    >>> from pathlib import Path
    >>> import remit
    >>> Path(remit.snakefile()).name
    'Snakefile'
    """
    return str(CODE / "Snakefile")


#: The environment variable in which a run tells its jobs which packs the plan has.
PACKS = "REMIT_PACKS"


def resources(study: Path = Path(), packs: Sequence[str] | None = None) -> list[Path]:
    """The folders of dictionaries, in the order in which they count: Remit's own, its packs', the study's.

    What a later folder holds is added to the earlier ones', or replaces what has the same key there.

    Args:
        study: the study's folder.
        packs: names of the packs (`remit.plan.packs`); those that the run told its jobs when left out.
    """
    named = os.environ.get(PACKS, "").split() if packs is None else packs
    own, added = CODE / "resources", study / "resources"
    folders = [own, *(own / "packs" / name for name in named)]
    return [*folders, added] if added.is_dir() and not added.samefile(own) else folders
