"""Who may talk to PayPay: shop, MAC, freshness, a nonce never seen, in this order."""

import re
from datetime import datetime, timedelta

from gateway.sandbox.clock import JST, BankClock
from gateway.sandbox.paypay.forms import Form
from gateway.sandbox.paypay.refusals import BAD_MAC, FORMAT, WRONG_SHOP, Refusal
from gateway.sandbox.paypay.seal import Seal

FRESH_FOR = timedelta(seconds=300)
ENVELOPE = ("DATETIME", "NONCE", "MAC")
_NONCE = re.compile(r"[0-9a-f]{16}")
_STAMP = re.compile(r"[0-9]{14}")


def read_stamp(text: str) -> datetime:
    """Return the instant of a yyyyMMddHHmmss in JST; ValueError when it is none."""
    if not _STAMP.fullmatch(text):
        raise ValueError("14 digits")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=JST)


class Gatekeeper:
    """Holds the shop's name and every nonce seen since the reset."""

    def __init__(self, shop_id: str, seal: Seal, clock: BankClock) -> None:
        self._shop_id = shop_id
        self._seal = seal
        self._clock = clock
        self._seen: set[int] = set()

    def admit(self, form: Form) -> None:
        """Return if the form is the shop's, fresh and new, else raise the `Refusal`."""
        stamped = self._recognise(form)
        if self._clock.distance(stamped) > FRESH_FOR:
            raise Refusal(BAD_MAC, "DATETIME is not within 300 s")
        nonce = int(form.fields["NONCE"], 16)
        if nonce in self._seen:
            raise Refusal(BAD_MAC, "NONCE was seen before")
        self._seen.add(nonce)

    def admit_browser(self, form: Form) -> None:
        """Return if the form is the shop's: a browser may post it late, and again."""
        self._recognise(form)

    def _recognise(self, form: Form) -> datetime:
        fields = form.fields
        if any(name not in fields for name in ENVELOPE):
            raise Refusal(FORMAT, "DATETIME, NONCE or MAC is missing")
        if fields.get("SHOP_ID") != self._shop_id:
            raise Refusal(WRONG_SHOP, "unknown SHOP_ID")
        if not self._seal.is_genuine(form.raw):
            raise Refusal(BAD_MAC, "the MAC is not over these pairs")
        try:
            stamped = read_stamp(fields["DATETIME"])
        except ValueError as error:
            raise Refusal(FORMAT, "DATETIME is no yyyyMMddHHmmss") from error
        if not _NONCE.fullmatch(fields["NONCE"]):
            raise Refusal(FORMAT, "NONCE is not 16 hexadecimal digits in lower case")
        return stamped
