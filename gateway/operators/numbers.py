"""Numbers as operators type them."""

import math

import typer


def number(typed: float | None) -> float | None:
    """Return the number. Raises BadParameter for what is none, and lies in no range."""
    if typed is not None and math.isnan(typed):
        raise typer.BadParameter(f"{typed} is no number")
    return typed
