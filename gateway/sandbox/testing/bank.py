"""One emulated bank as a test holds it: every call returns when the bank has done it."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any

from gateway.sandbox import control
from gateway.sandbox.bank import RunningBank
from gateway.sandbox.faults import Armed, Faults
from gateway.sandbox.testing.clock import SandboxClock
from gateway.sandbox.testing.faults import SandboxFaults
from gateway.sandbox.testing.thread import BankThread
from gateway.sandbox.testing.values import (
    Account,
    Books,
    Movement,
    Request,
    as_books,
    as_movement,
    as_requests,
)


class SandboxBank:
    """A bank at its own address, with its books, its faults and its people.

    What the control API refuses is a ValueError that names the field; a call that this bank does
    not have, or cannot follow now, is a `ControlRefused`.
    """

    def __init__(
        self, running: RunningBank, url: str, thread: BankThread, clock: SandboxClock
    ) -> None:
        self._running = running
        self._thread = thread
        self._clock = clock
        self.name = running.name
        self.url = url
        self.base_url = f"{url}{running.spec.base_path}"
        self.control_url = f"{url}{control.PREFIX}"
        self.faults = SandboxFaults(self)

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"

    def now(self) -> datetime:
        """Return what the bank's clock shows, in Japanese time."""
        return self._running.emulation.clock.now()

    @property
    def credentials(self) -> Mapping[str, Any]:
        """All that a client needs to be believed; none of it is a secret."""
        return self._ask("GET", "credentials")

    @property
    def books(self) -> Books:
        """The bank's own books at this moment."""
        return as_books(self._ask("GET", "ledger"))

    @property
    def requests(self) -> tuple[Request, ...]:
        """The last 1,000 requests since the test began, the oldest first."""
        return as_requests(self._ask("GET", "requests"))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Delays, limits and balances as they stand."""
        return self._ask("GET", "settings")

    def put_settings(self, **settings: Any) -> None:
        """Change settings: `callback_url=`, `time_scale=`, `rate_limits=`, `balances=` …"""
        self._ask("PUT", "settings", settings)

    def put_seed(self, seed: int) -> None:
        """Repeat the random choices of that seed."""
        self._ask("PUT", "seed", seed)

    def put_client_keys(self, *keys: Mapping[str, str]) -> None:
        """Know the client by these public keys (JWKs with `kid`), and by no other."""
        self._ask("PUT", "clients", {"keys": list(keys)})

    def add_account(  # noqa: PLR0913 - what an account is, all by name
        self,
        *,
        branch: str,
        number: str,
        holder: str,
        type: str = "1",  # noqa: A002 - the control API's name
        balance: int = 0,
        status: str = "open",
        password: str | None = None,
    ) -> Account:
        """Open an account, or replace the one of the same branch, type and number."""
        given = {"branch": branch, "type": type, "number": number, "holder": holder}
        with_password = {} if password is None else {"password": password}
        self._ask(
            "POST", "accounts", {**given, "balance": balance, "status": status, **with_password}
        )
        return Account(**given, balance=balance, status=status)

    def add_movement(
        self,
        direction: str,
        amount: int,
        *,
        counterparty: str = "",
        text: str = "",
        at: datetime | None = None,
    ) -> Movement:
        """Book a line without a reference of the client's, `in` or `out`; `at` may be earlier."""
        line = {"direction": direction, "amount": amount, "counterparty": counterparty}
        when = {} if at is None else {"at": at.isoformat()}
        return as_movement(self._ask("POST", "movements", {**line, "text": text, **when}))

    def approve(
        self,
        reference: str,
        *,
        payer: Account | None = None,
        amount: int | None = None,
        at: datetime | None = None,
        again: bool = False,
    ) -> str:
        """Do what a payer does on the approval page, or a bank by mistake; return the state."""
        wanted = {"amount": amount, "at": None if at is None else at.isoformat()}
        body = {name: value for name, value in wanted.items() if value is not None}
        return self._decide("approve/{reference}", reference, {**body, "again": again}, payer)

    def decline(self, reference: str, *, payer: Account | None = None) -> str:
        """Leave the approval page as a payer does; return the state of the collection."""
        return self._decide("decline/{reference}", reference, {}, payer)

    def bar_file(self, file_id: str) -> None:
        """Refuse that number of a file from now on, as the bank's people do when asked."""
        self._about(("POST", "files/{file_id}/bar"), {}, file_id)

    def reset(self) -> None:
        """Begin the first day again, under the time that the clock shows."""
        self._thread.call(self.begin())

    async def begin(self) -> None:
        """Begin the first day again; runs in the banks' thread."""
        await self._running.reset()
        self._clock.put_on(self._running)

    def add_rule(self, rule: dict[str, Any]) -> Armed:
        """Put one more rule in force, behind those that are; `faults` has a call for each kind."""
        return self._thread.call(self._add_rule(rule))

    def clear_rules(self) -> None:
        """Have no rule in force."""
        self._thread.call(self._clear_rules())

    async def _add_rule(self, rule: dict[str, Any]) -> Armed:
        (read,) = control.read_rules(self._running, [rule])
        return self._running.emulation.faults.add(read)

    async def _clear_rules(self) -> None:
        self._running.emulation.faults = Faults([])

    def _decide(
        self, decision: str, reference: str, body: dict[str, Any], payer: Account | None
    ) -> str:
        if payer is not None:
            key = {"branch": payer.branch, "type": payer.type, "number": payer.number}
            body = {**body, "payer": key}
        return str(self._about(("POST", decision), body, reference)["status"])

    def _about(self, call: tuple[str, str], body: object, named: str) -> Mapping[str, Any]:
        return self._thread.call(self._done(control.CALLS_ABOUT[call](self._running, body, named)))

    def _ask(self, method: str, call: str, body: object = None) -> Mapping[str, Any]:
        return self._thread.call(self._done(control.CALLS[method, call](self._running, body)))

    async def _done(self, answer: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
        return await answer
