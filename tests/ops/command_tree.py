"""Every command that there is, drawn from the tree, with words that each would take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

import typer.main

from gateway.__main__ import cli
from gateway.domain.account import BankCode

TYPED = {
    "--from": "2026-12-05T21:00",
    "--until": "2026-12-06T21:00",
    "--on": "2026-11-24",
    "day": "2026-11-24",
    "branch": "998",
    "--branch": "001",
    "number": "1234567",
    "account": "interest_income",
    "--days": "7",
}
INSTANTS = {"known_at", "booked_at", "returned_at"}
ID = f"{7:032x}"


@dataclass(frozen=True)
class Command:
    """A command: the words that name it, and its parameters."""

    words: tuple[str, ...]
    parameters: tuple[Any, ...] = field(repr=False)

    def __str__(self) -> str:
        return " ".join(self.words)

    def parser(self, parameter: Any) -> Any:
        """Return what reads the parameter, where that is a function of ours."""
        return parameter.type_descriptor.parameter_info.parser

    def arguments(self, **given: str) -> list[str]:
        """Return the command with everything that it asks for; `given` by parameter."""
        words = list(self.words)
        for parameter in self.parameters:
            name = parameter.name
            is_bank = parameter.type_descriptor.annotation is BankCode
            if name not in given and not parameter.required and not is_bank:
                continue
            value = given.get(name, self._sample(parameter))
            is_option = parameter.param_type_name == "option"
            words += [parameter.opts[0], value] if is_option else [value]
        return words

    def numbers(self) -> list[Any]:
        """Return the parameters that take an amount, a count or a time in figures."""
        return [p for p in self.parameters if p.type_descriptor.annotation in {int, float}]

    def days(self) -> list[Any]:
        """Return those that take a day or an instant, as text too."""
        return [p for p in self.parameters if p.name in INSTANTS or self._is_day(p)]

    def _is_day(self, parameter: Any) -> bool:
        is_text = parameter.type_descriptor.annotation in {str, datetime}
        return is_text and self.parser(parameter) is None and self._sample(parameter)[:3] == "202"

    def digits(self) -> list[Any]:
        """Return those that take a number of so many digits."""
        return [p for p in self.parameters if p.name in {"branch", "number", "member"}]

    def _sample(self, parameter: Any) -> str:
        parser = self.parser(parameter)
        if parser is not None:
            return f"{getattr(parser, 'prefix', 'tr')}_{ID}"
        described = parameter.type_descriptor
        if isinstance(described.annotation, type) and issubclass(described.annotation, Enum):
            return str(next(iter(described.annotation)).value)
        if described.annotation in {int, float}:
            return "7"
        if described.annotation is datetime:
            return "2026-11-24"
        return TYPED.get(parameter.opts[0], TYPED.get(parameter.name, "x1"))


def every_command() -> list[Command]:
    """Return the commands of `gateway`, those below others too."""
    return list(_below(typer.main.get_command(cli), ()))


def operators_commands() -> list[Command]:
    """Return those that act on a database for an operator."""
    return [one for one in every_command() if one.words[0] == "ops" or one.words == ("doctor",)]


def _below(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
    children = getattr(command, "commands", None)
    if children is None:
        yield Command(words, tuple(command.params))
        return
    for name, child in children.items():
        yield from _below(child, (*words, name))
