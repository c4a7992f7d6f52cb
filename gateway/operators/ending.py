"""The end of every command: a sentence says what is wrong, and the exit code says which kind.

0: done. 1: refused, not found, or something was found wrong. 2: called wrongly, or set up wrongly.
"""

import sys
from collections.abc import Sequence
from enum import IntEnum
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperGroup

from gateway.domain.errors import GatewayError, SettingsWrong
from gateway.domain.frozen_table import TableDamaged


class Ended(IntEnum):
    """The exit codes of all commands."""

    DONE = 0
    REFUSED = 1
    USAGE = 2


class Commands(TyperGroup):
    """Commands whose refusals become a sentence on stderr and an exit code, without a traceback."""

    def invoke(self, ctx: Any) -> Any:  # typer does not publish the type of its context
        try:
            return super().invoke(ctx)
        except (GatewayError, TableDamaged) as error:
            typer.echo(f"gateway: {error}", err=True)
            is_set_up_wrongly = isinstance(error, SettingsWrong)
            raise typer.Exit(Ended.USAGE if is_set_up_wrongly else Ended.REFUSED) from error


def prepare_streams() -> None:
    """Let the screen show another character for one that it has not, instead of an exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def typed_words(arguments: Sequence[str]) -> list[str]:
    """Return what was typed, as UTF-8 where the terminal's own encoding could not read it.

    Raises SettingsWrong for what is neither.
    """
    try:
        return [
            word.encode("utf-8", "surrogateescape").decode("utf-8")
            if any("\udc80" <= character <= "\udcff" for character in word)
            else word
            for word in arguments
        ]
    except UnicodeError as error:
        raise SettingsWrong(
            "an argument is no text in this terminal's encoding, nor UTF-8"
        ) from error
