"""What the parts of a plan are made of: blocks of known keys, and values with limits.

A key's meaning is the text below it, from which the messages, the editor's schema and the reference
page are made. Values are taken as they are written: "5" is no number and 1 no truth.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WrapValidator
from pydantic_core import PydanticCustomError


class Block(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        use_attribute_docstrings=True,
        # `columns`, `copy` or `json` are words of the plan as well.
        protected_namespaces=(),
    )


def wrong(message: str) -> PydanticCustomError:
    """A finding in words; braces in it stay what they are."""
    return PydanticCustomError("plan", "{told}", {"told": message})


def _written(value: Any, check: Any) -> Any:
    check(value)
    return value


def _day(value: str) -> str:
    from datetime import date

    try:
        date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{value!r} is no day of the calendar") from None
    return value


def _keys_as_text(value: Any) -> Any:
    """Keys that are whole numbers, as a file's codes often are, are the text that a file holds."""
    if isinstance(value, dict):
        return {str(key) if type(key) is int else key: item for key, item in value.items()}
    return value


#: 28 stays 28: it is printed as it was written.
AS_WRITTEN = WrapValidator(_written)
Number = Annotated[float, AS_WRITTEN]
Positive = Annotated[float, Field(gt=0), AS_WRITTEN]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
Day = Annotated[
    str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), WrapValidator(lambda v, c: _day(c(v)))
]
Texts = Annotated[dict[str, str], BeforeValidator(_keys_as_text)]
