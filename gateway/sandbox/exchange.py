"""One request and its answer, with whatever is to go wrong in between."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import (
    Action,
    BadSignature,
    Call,
    Code,
    Delay,
    DropAfter,
    DropBefore,
    Garbage,
    HangAfter,
    Rule,
    Status,
)

GARBAGE = b"\x00\xff{<garbage"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is signed and sent.

    `wait_s` is spent before it leaves; `is_cut`: the connection is cut instead; `is_bare`: no
    signature and no body type, as from something in front of the bank.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    is_cut: bool = False
    is_bare: bool = False
    is_badly_signed: bool = False


CUT = Reply(0, is_cut=True)

Work = Callable[[Action | None], Awaitable[Reply]]
"""Does what was asked. `ReturnAfter` and `CallbackPlan` are the work's own affair."""


def any_rule(_: Rule) -> bool:
    """Let every rule act."""
    return True


@dataclass(frozen=True, slots=True)
class Exchange:
    """A well-formed, authentic request: what rules see of it, and how the bank would answer it.

    `among` leaves aside the rules that concern a part of the request: an item of a file.
    """

    emulation: Emulation
    call: Call
    work: Work
    refuse: Callable[[str], Reply]
    among: Callable[[Rule], bool] = any_rule

    async def conduct(self) -> Reply:
        """Return the answer, after the first rule that matches has done its harm."""
        return await self.conduct_under(self.emulation.take_fault(self.call, self.among))

    async def conduct_under(self, action: Action | None) -> Reply:
        """Return the answer when it is this that is to go wrong."""
        return await self.work(None) if action is None else await _act(action, self)


@singledispatch
async def _act(action: Action, exchange: Exchange) -> Reply:
    """Leave to the work what is not about the connection: a return, a callback."""
    return await exchange.work(action)


@_act.register
async def _(action: Delay, exchange: Exchange) -> Reply:
    await exchange.emulation.pause(action.seconds)
    return await exchange.work(None)


@_act.register
async def _(_: DropBefore, __: Exchange) -> Reply:
    return CUT


@_act.register
async def _(_: DropAfter, exchange: Exchange) -> Reply:
    await exchange.work(None)
    return CUT


@_act.register
async def _(_: HangAfter, exchange: Exchange) -> Reply:
    await exchange.work(None)
    await exchange.emulation.hang()


@_act.register
async def _(action: Status, exchange: Exchange) -> Reply:
    if action.done:
        await exchange.work(None)
    return Reply(action.status, is_bare=True)


@_act.register
async def _(_: Garbage, exchange: Exchange) -> Reply:
    await exchange.work(None)
    return Reply(200, GARBAGE)


@_act.register
async def _(_: BadSignature, exchange: Exchange) -> Reply:
    return replace(await exchange.work(None), is_badly_signed=True)


@_act.register
async def _(action: Code, exchange: Exchange) -> Reply:
    return exchange.refuse(action.code)
