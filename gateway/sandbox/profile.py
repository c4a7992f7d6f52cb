"""What a bank's module hands to the server: one emulator, and how to make it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aiohttp import ClientSession, web

from gateway.sandbox.books import Account
from gateway.sandbox.collections import Collections
from gateway.sandbox.control_refused import ControlRefused
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.journal import Record
from gateway.sandbox.settings import Settings

__all__ = ["BankSpec", "ControlRefused", "Emulator", "TakesClientKeys", "TakesFiles"]


class Emulator(Protocol):
    """One bank between two resets."""

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the bank's base path, signed and complete."""
        ...

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        ...

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done. Called in order, before any request."""
        ...

    def resume(self) -> None:
        """Go on with what was still to come. Called once, after the replay."""
        ...

    @property
    def collections(self) -> Collections:
        """Return the orders that payers approve, for the approval page and the control API."""
        ...


@runtime_checkable
class TakesClientKeys(Protocol):
    """A bank that knows its client by public keys. Others have no such method."""

    def put_clients(self, keys: list[dict[str, str]]) -> None:
        """Replace the client's public keys (JWKs); ValueError if one cannot be used."""
        ...


@runtime_checkable
class TakesFiles(Protocol):
    """A bank that takes files, each under a number of the client's. Others have no such method."""

    async def bar_file(self, file_id: str) -> None:
        """Refuse that number from now on; ControlRefused if the bank has a file under it."""
        ...


@dataclass(frozen=True, slots=True)
class BankSpec:
    """One line of the registry. The first seed account is the demo account."""

    port_offset: int
    base_path: str
    demands_certificate: bool
    codes: frozenset[str]
    settlement: Account
    seed_accounts: tuple[Account, ...]
    settings: Settings
    open: Callable[[Emulation, ClientSession], Emulator]
    title: str = "銀行"
