"""How mistakes are worded: values as the user wrote them, near names, and errors whose text is ours."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import PydanticCustomError


def says(message: str) -> PydanticCustomError:
    """An error whose text is ours from the first word to the last."""
    return PydanticCustomError("scenario", "{said}", {"said": message})


def show(value: Any) -> str:
    """A value as the user wrote it, near enough, and never long."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def listed(names: Iterable[Any]) -> str:
    """Names in one line."""
    return ", ".join(str(name) for name in names) or "none"


def suggestion(word: Any, names: Iterable[Any]) -> str:
    """`; did you mean ...?`, or nothing where no name is near."""
    near = get_close_matches(str(word).lower(), {str(name).lower(): name for name in names}, 1, 0.6)
    match = next((str(name) for name in names if near and str(name).lower() == near[0]), None)
    return f"; did you mean {match!r}?" if match else ";"


def one_line(text: object) -> str:
    """Words from outside, made fit for a line of an error."""
    return "".join(mark if mark.isprintable() else "?" for mark in str(text))[:200]
