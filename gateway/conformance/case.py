"""A case: one true sentence about a bank, and how it is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import UnionType
from typing import TypeVar

from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig

T = TypeVar("T")


class Deviation(Exception):
    """The bank's adapter or emulator does not do what its page says."""


@dataclass(frozen=True, slots=True)
class Case:
    """`name` is the sentence, `group` its line in the report; `applies` leaves a bank out."""

    group: str
    name: str
    run: Callable[[Rig], Awaitable[None]]
    applies: Callable[[Expectation], bool] = lambda _: True


def equal(got: object, wanted: object, about: str = "") -> None:
    """Return if both are the same, else raise Deviation."""
    if got != wanted:
        raise Deviation(f"{about or 'got'}: {got!r}, wanted {wanted!r}")


def one_of(got: object, kinds: type | UnionType, about: str = "") -> None:
    """Return if `got` is of one of the kinds, else raise Deviation."""
    if not isinstance(got, kinds):
        raise Deviation(f"{about or 'got'}: {got!r}, wanted {kinds}")


def a(kind: type[T], got: object) -> T:
    """Return `got` if it is of that kind, else raise Deviation."""
    if not isinstance(got, kind):
        raise Deviation(f"got {got!r}, wanted {kind.__name__}")
    return got


def true(claim: bool, about: str) -> None:
    """Return if the claim holds, else raise Deviation."""
    if not claim:
        raise Deviation(about)
