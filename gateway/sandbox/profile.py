"""What a bank's module hands to the server: one emulator, and how to make it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import ClientSession, web

from gateway.sandbox.books import Account
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.journal import Record
from gateway.sandbox.settings import Settings


class ControlRefused(Exception):
    """The control API cannot do that; `status` says why in HTTP's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Emulator(Protocol):
    """One bank between two resets."""

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the bank's base path, signed and complete."""
        ...

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        ...

    def put_clients(self, keys: list[dict[str, str]]) -> None:
        """Replace the client's public keys (JWKs); ValueError if one cannot be used."""
        ...

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done. Called in order, before any request."""
        ...

    def resume(self) -> None:
        """Go on with what was still to come. Called once, after the replay."""
        ...

    async def decide(self, reference: str, decision: Mapping[str, object]) -> Mapping[str, object]:
        """Do what a person does on the approval page, or raise `ControlRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class BankSpec:
    """One line of the registry."""

    port_offset: int
    base_path: str
    demands_certificate: bool
    codes: frozenset[str]
    settlement: Account
    seed_accounts: tuple[Account, ...]
    settings: Settings
    open: Callable[[Emulation, ClientSession], Emulator]
