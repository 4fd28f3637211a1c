"""The one exception that means: a person can mend this; and what he may have meant."""

import difflib
from collections.abc import Iterable


class RemitError(Exception):
    """Something in the inputs, the dictionaries or the plan is wrong.

    The message names what is wrong, where (file, line, column, value) and what to do; it is shown
    to the user without a traceback.
    """


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one may mean.

    Hardly anybody mistypes a first letter: `HEIGHT` is not meant where `WEIGHT` is known.
    """
    first = name[:1].casefold()
    near = difflib.get_close_matches(name, [k for k in known if k[:1].casefold() == first], 1)
    return near[0] if near else None
