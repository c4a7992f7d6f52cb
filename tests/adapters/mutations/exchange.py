"""What every bank's module here describes: its genuine answers, and a plain reader of them.

The readers are the judges. They share nothing with the adapters, are much smaller, and say what a
person would take the bytes for: the one outcome, or None where nothing may be believed.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from gateway.domain.account import BankCode
from gateway.domain.bank import Callback, Statement, StatementUnavailable
from gateway.domain.outcome import NotSent, TurnedAway, Unknown

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer, or a bank's call to us, as it travels."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return a header that says one thing only, else what nobody takes for one."""
        found = {value for key, value in self.headers if key.lower() == name.lower().encode()}
        return found.pop().decode("latin-1") if len(found) == 1 else "\x00"

    def is_of(self, kind: str) -> bool:
        """Whether the Content-Type is this one, whatever its case, blanks and quotes."""
        written = "".join(self.header("Content-Type").lower().split())
        return written in {kind, kind.replace("charset=", 'charset="') + '"'}

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, headers=list(self.headers), content=self.body)

    def saying(self, name: str, value: str) -> "Raw":
        """Return it with that header instead of all of its name."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower().encode())
        return replace(self, headers=(*kept, (name.encode(), value.encode())))


def raw(answer: httpx.Response) -> Raw:
    return Raw(answer.status_code, tuple(answer.headers.raw), answer.content)


Ask = Callable[[Any], Awaitable[object]]
PlainReader = Callable[[Raw], object]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One genuine answer. `read` is the judge; `ask` puts the question and returns the outcome.

    A callback is handed to `call` instead, and there is no question.
    """

    name: str
    genuine: Raw
    read: PlainReader
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class MutatedBank:
    """All that is damaged at one bank, in which format, and how the bank would seal it again.

    `item` finds the parts of a message with their `name` and `value`; `words` are values that a
    message of this bank may hold somewhere. `seal` is None where the bank seals nothing.
    """

    code: BankCode
    open: Callable[[], AbstractAsyncContextManager[Any]]
    says: Callable[[Any, httpx.Response], None]
    exchanges: tuple[Exchange, ...]
    item: bytes
    words: tuple[bytes, ...]
    seal: Callable[[Exchange, Raw], Raw] | None = None
    is_sealed: Callable[[Exchange, Raw], bool] = lambda _, __: True


def in_short(outcome: object) -> object:
    """Return what of an outcome a plain reader can tell; None where nothing may be concluded."""
    match outcome:
        case None | TurnedAway() | Unknown() | StatementUnavailable():
            return None
        case NotSent(reason=reason):
            return NotSent(reason)
        case Callback(reference=reference, kind=kind):
            return (reference, kind)
        case Statement(movements=movements):
            return tuple(
                (line.direction.value, line.amount.amount, line.reference, line.is_return)
                for line in movements
            )
        case _:
            return outcome
