"""What SMBC has booked: pay-outs and their returns, in the books and in the journal."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.sandbox.books import Account, Booking, MovementKind
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.journal import Record
from gateway.sandbox.smbc.messages import TransferOrder, instant_text
from gateway.sandbox.strict import as_model


@dataclass(frozen=True, slots=True)
class PayOut:
    """A pay-out that was booked. `visible_from` is monotonic; `return_after_s` None: it stays."""

    order: TransferOrder
    holder: str
    executed_at: datetime
    return_after_s: float | None = None
    visible_from: float = 0.0
    returned_at: datetime | None = None
    return_reason: str = ""

    @property
    def reference(self) -> str:
        """Return the client's reference, unique for ever."""
        return self.order.client_reference

    @property
    def transfer_id(self) -> str:
        """Return the bank's own number: of this reference only, also after a reset."""
        return f"T{_number(self.reference)}"

    def booking(self, kind: MovementKind, instant: datetime) -> Booking:
        """Return the entry of the pay-out itself, or of its return."""
        is_return = kind is MovementKind.RETURN
        return Booking(
            kind=kind,
            reference=self.reference,
            amount=int(self.order.amount),
            instant=instant,
            bank_id=f"R{_number(self.reference)}" if is_return else self.transfer_id,
            account=self.order.creditor_account.key,
            counterparty=self.holder,
        )

    def first_answer(self) -> dict[str, str]:
        """Return what the POST says, the first time and ever after: COMPLETED, returned or not."""
        return {
            "transferId": self.transfer_id,
            "clientReference": self.reference,
            "status": "COMPLETED",
            "executedAt": instant_text(self.executed_at),
            "valueDate": self.order.value_date,
        }

    def as_inquired(self) -> dict[str, str]:
        """Return what the inquiry says."""
        known = self.first_answer() | {"amount": self.order.amount}
        if self.returned_at is None:
            return known
        return known | {
            "status": "RETURNED",
            "returnedAt": instant_text(self.returned_at),
            "returnReason": self.return_reason,
        }


class PayOuts:
    """All pay-outs since the reset, by reference."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._by_reference: dict[str, PayOut] = {}
        self._to_come_back: dict[str, PayOut] = {}

    def find(self, reference: str) -> PayOut | None:
        """Return the pay-out of that reference as it is now."""
        return self._by_reference.get(reference)

    def find_visible(self, reference: str) -> PayOut | None:
        """Return it only once the visibility delay has passed."""
        payout = self._by_reference.get(reference)
        is_visible = payout is not None and _monotonic() >= payout.visible_from
        return payout if is_visible else None

    def book(self, order: TransferOrder, creditor: Account, return_after_s: float | None) -> PayOut:
        """Move the money now, and put it in line for the journal."""
        payout = PayOut(
            order,
            creditor.holder,
            self._now(),
            return_after_s,
            _monotonic() + self._visibility_s(order.client_reference),
        )
        self._enter(payout)
        self._emulation.note(
            {
                "kind": "payout",
                "order": order.model_dump(by_alias=True),
                "holder": payout.holder,
                "instant": payout.executed_at.isoformat(),
                "return_after_s": return_after_s,
            }
        )
        return payout

    def give_back(self, reference: str, reason: str) -> PayOut:
        """Book the return of a pay-out (資金返却) now, and put it in line for the journal."""
        now = self._now()
        self._emulation.note(
            {
                "kind": "return",
                "reference": reference,
                "instant": now.isoformat(),
                "reason": reason,
            }
        )
        return self._enter_return(reference, now, reason)

    def replay(self, record: Record) -> None:
        """Do again what was done before the emulator was stopped."""
        instant = datetime.fromisoformat(str(record["instant"]))
        if record["kind"] == "return":
            self._enter_return(str(record["reference"]), instant, str(record["reason"]))
            return
        order = as_model(TransferOrder, record["order"])
        seconds = record["return_after_s"]
        return_after_s = float(seconds) if isinstance(seconds, int | float) else None
        self._enter(PayOut(order, str(record["holder"]), instant, return_after_s))

    def to_come_back(self) -> list[PayOut]:
        """Return the pay-outs whose return is planned and not yet booked."""
        return list(self._to_come_back.values())

    def _enter(self, payout: PayOut) -> None:
        books = self._emulation.books
        key = payout.order.creditor_account.key
        # A magic account stands in the books from its first credit on.
        books.accounts.setdefault(key, Account(key, payout.holder, 0))
        books.book(payout.booking(MovementKind.PAYOUT, payout.executed_at))
        self._by_reference[payout.reference] = payout
        if payout.return_after_s is not None:
            self._to_come_back[payout.reference] = payout

    def _enter_return(self, reference: str, instant: datetime, reason: str) -> PayOut:
        payout = self._by_reference[reference]
        self._emulation.books.book(payout.booking(MovementKind.RETURN, instant))
        returned = replace(payout, returned_at=instant, return_reason=reason)
        self._by_reference[reference] = returned
        self._to_come_back.pop(reference, None)
        return returned

    def _now(self) -> datetime:
        """Return the instant of booking, to the millisecond that messages can show."""
        now = self._emulation.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _visibility_s(self, reference: str) -> float:
        settings = self._emulation.settings
        low, high = settings.visibility_s_min, settings.visibility_s_max
        if high == 0:
            return 0.0
        drawn = self._emulation.choices.draw("submit", reference, 1, "visibility")
        return (low + (high - low) * drawn) * settings.time_scale


def _number(reference: str) -> str:
    return hashlib.sha256(reference.encode()).hexdigest()[:16].upper()


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
