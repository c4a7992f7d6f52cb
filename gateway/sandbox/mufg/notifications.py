"""MUFG's callbacks, camt.054: one booked movement each, signed with the callback secret."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from aiohttp import ClientSession

from gateway.sandbox.books import Booking
from gateway.sandbox.callbacks import Delivery, Insistence
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan
from gateway.sandbox.mufg import entries
from gateway.sandbox.mufg import xml_writing as xml

MESSAGE = "camt.054.001.02"
INSISTENCE = Insistence(answer_within_s=5.0, gaps_s=(1.0, 2.0, 4.0, 8.0, 16.0))


class Notifications:
    """Tells the client of money that was booked; each delivery is built and signed anew."""

    def __init__(self, emulation: Emulation, client: ClientSession, secret: str) -> None:
        self._emulation = emulation
        self._client = client
        self._secret = secret.encode()

    async def tell(self, booking: Booking, address: str | None, plan: CallbackPlan) -> None:
        """Call back as planned: the address of the order or, None, the contract's."""

        def build(is_badly_signed: bool) -> tuple[bytes, Mapping[str, str]]:
            body = self._document(booking)
            return body, self._headers(body + b" " if is_badly_signed else body)

        def target() -> str | None:
            return address or self._emulation.settings.callback_url

        await Delivery(self._emulation, self._client, INSISTENCE, target, build).run(plan)

    def _document(self, booking: Booking) -> bytes:
        now = self._emulation.clock.now()
        notification = xml.group(
            "Ntfctn",
            xml.text("Id", booking.bank_id),
            xml.text("CreDtTm", xml.instant_text(now)),
            entries.account(self._emulation.books.settlement),
            entries.entry(booking),
        )
        root = "BkToCstmrDbtCdtNtfctn"
        return xml.document(MESSAGE, root, (xml.group_header(now), notification))

    def _headers(self, signed: bytes) -> Mapping[str, str]:
        digest = hmac.digest(self._secret, signed, hashlib.sha256)
        signature = base64.b64encode(digest).decode()
        return {"Content-Type": xml.CONTENT_TYPE, "X-Signature": signature}
