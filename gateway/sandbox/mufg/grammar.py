"""Which elements an ISO 20022 message may hold, in which order and how often."""

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gateway.sandbox.mufg.malformed import Malformed

PAIN_001 = "pain.001.001.03"
PAIN_013 = "pain.013.001.07"
ANYTHING = "##any"
AMOUNT = "Amount"
ROOT = "Document"
_UNBOUNDED = 2**31
_BOUNDS = {"": (1, 1), "?": (0, 1), "*": (0, _UNBOUNDED), "+": (1, _UNBOUNDED)}
_PART = re.compile(r"([A-Za-z0-9]+)([?*+]?)([0-9]*)(?::([A-Za-z0-9]+))?")


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a type; `type` is empty for an element that holds text."""

    name: str
    least: int
    most: int
    type: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A complex type: its elements in order or, where `is_choice`, exactly one of them."""

    parts: tuple[Part, ...]
    is_choice: bool = False
    takes_anything: bool = False


TEXT = Rule(())
_ANY = Rule((), takes_anything=True)


@cache
def grammar(message: str) -> Mapping[str, Rule]:
    """Return the types of a message by name."""
    # Read at first use, by the importer: to the event loop it is one more module being imported.
    table = pkgutil.get_data("gateway.sandbox.mufg", f"{message.replace('.', '_')}.txt")
    if table is None:
        raise FileNotFoundError(message)
    lines = (line.split(" ") for line in table.decode().splitlines() if not line.startswith("#"))
    return {name: _rule(rest) for name, *rest in lines}


def _rule(words: list[str]) -> Rule:
    if words == [ANYTHING]:
        return _ANY
    is_choice = words[0] == "|"
    return Rule(tuple(_part(word) for word in words[is_choice:]), is_choice)


def _part(word: str) -> Part:
    found = _PART.fullmatch(word)
    if found is None:
        raise ValueError(word)
    name, bounds, most, type_name = found.groups()
    least, unbounded = _BOUNDS[bounds]
    return Part(name, least, int(most) if most else unbounded, type_name or "")


class Place:
    """An open element: what has stood in it so far, and what may come next."""

    __slots__ = ("_count", "_position", "_types", "rule", "type")

    def __init__(self, types: Mapping[str, Rule], type_name: str) -> None:
        self._types = types
        self.type = type_name
        self.rule = TEXT if type_name in ("", AMOUNT) else types[type_name]
        self._position = 0
        self._count = 0

    def enter(self, name: str) -> "Place":
        """Return the place inside the next element; `Malformed` if it may not stand here."""
        if self.rule.takes_anything:
            return self
        part = self._choice(name) if self.rule.is_choice else self._next(name)
        return Place(self._types, part.type) if part.type else _TEXT_PLACE

    def leave(self) -> None:
        """Raise `Malformed` if something is missing before the end of this element."""
        if self.rule.is_choice and not self._count:
            raise Malformed("one of several elements is missing")
        for part in () if self.rule.is_choice else self.rule.parts[self._position :]:
            self._pass(part)

    def _choice(self, name: str) -> Part:
        chosen = next((part for part in self.rule.parts if part.name == name), None)
        if chosen is None or self._count:
            raise Malformed(f"{name} may not stand here")
        self._count = 1
        return chosen

    def _next(self, name: str) -> Part:
        parts = self.rule.parts
        while self._position < len(parts):
            part = parts[self._position]
            if part.name == name:
                self._count += 1
                if self._count > part.most:
                    raise Malformed(f"{name} occurs too often")
                return part
            self._pass(part)
        raise Malformed(f"{name} may not stand here")

    def _pass(self, part: Part) -> None:
        if self._count < part.least:
            raise Malformed(f"{part.name} is missing")
        self._position += 1
        self._count = 0


# Text remembers nothing of what came before it.
_TEXT_PLACE = Place({}, "")
