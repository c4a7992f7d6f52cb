"""How PayPay tells the shop what happened: a form, again and again until the body says OK."""

from collections.abc import Callable, Mapping

from aiohttp import ClientSession

from gateway.sandbox.callbacks import Delivery, Insistence
from gateway.sandbox.collection import Collection
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan
from gateway.sandbox.payout import PayOut
from gateway.sandbox.paypay.collections import told
from gateway.sandbox.paypay.seal import Seal
from gateway.sandbox.urlencoded import CONTENT_TYPE

TAKEN_STATUS = 200
MORE_TRIES = 10
# The bank itself waits 30 s; so long would outlast most tests.
GAP_S = 1.0


def says_ok(status: int, body: bytes) -> bool:
    """Whether the shop took the callback: status 200 and the word, white space aside."""
    return status == TAKEN_STATUS and body.strip() == b"OK"


INSISTENCE = Insistence(answer_within_s=3.0, gaps_s=(GAP_S,) * MORE_TRIES, is_taken=says_ok)


class Caller:
    """Delivers the shop's callbacks."""

    def __init__(
        self, emulation: Emulation, client: ClientSession, seal: Seal, shop_id: str
    ) -> None:
        self._emulation = emulation
        self._client = client
        self._seal = seal
        self._shop_id = shop_id

    async def tell_return(self, payout: PayOut, plan: CallbackPlan) -> None:
        """Tell the contract's address that a pay-out came back; when, the inquiry says."""
        fields = {
            "SHOP_ID": self._shop_id,
            "TRAN_ID": payout.reference,
            "STATE": "RETURNED",
            "AMOUNT": str(payout.order.amount),
        }
        await self._deliver(fields, lambda: self._emulation.settings.callback_url, plan)

    async def tell_end(self, collection: Collection, plan: CallbackPlan) -> None:
        """Tell the address of the order how it ended."""
        fields = {"SHOP_ID": self._shop_id, "TRAN_ID": collection.reference, **told(collection)}
        await self._deliver(fields, lambda: collection.order.notify_url, plan)

    async def _deliver(
        self, fields: Mapping[str, str], address: Callable[[], str | None], plan: CallbackPlan
    ) -> None:
        def build(is_badly_signed: bool) -> tuple[bytes, Mapping[str, str]]:
            body = self._seal.form(fields, is_badly_signed=is_badly_signed)
            return body, {"Content-Type": CONTENT_TYPE}

        await Delivery(self._emulation, self._client, INSISTENCE, address, build).run(plan)
