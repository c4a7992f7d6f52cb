"""PayPay: forms in Shift_JIS under a MAC."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from lender.posting import Contract, send

CODEC = "shift_jis"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PayPay:
    """Pays out and collects; each call returns the pairs that the bank said."""

    def __init__(self, bank: Contract) -> None:
        self._base_url, credentials = bank.base_url, bank.credentials
        self._shop_id = credentials["shop_id"]
        self._secret = credentials["mac_secret"].encode()
        self._now = bank.now

    def pay(self, reference: str, yen: int, to: Mapping[str, str]) -> dict[str, str]:
        """Send money to an account of branch, type, number and holder."""
        payee = {"BRANCH": to["branch"], "KIND": to["type"], "ACCOUNT": to["number"]}
        order = {"TRAN_ID": reference, "AMOUNT": str(yen), **payee, "NAME": to["holder"]}
        return _pairs(self._posted("/payout", order))

    def paid(self, reference: str) -> dict[str, str]:
        """Ask what became of it."""
        return _pairs(self._posted("/payout/inquiry", {"TRAN_ID": reference}))

    def open_page(self, reference: str, yen: int, *, within: timedelta) -> str:
        """Post what the payer's browser posts, and return the bank's page."""
        order = {
            "TRAN_ID": reference,
            "AMOUNT": str(yen),
            "ITEM": "ご返済",
            "RETURN_URL": "https://lender.example/back",
            "CALLBACK_URL": "http://127.0.0.1:9/notify",
            "LIMIT": _stamp(self._now() + within),
        }
        return self._posted("/start", order).decode()

    def collected(self, reference: str) -> dict[str, str]:
        """Ask what became of the order."""
        return _pairs(self._posted("/inquiry", {"TRAN_ID": reference}))

    def statement(self) -> list[str]:
        """Return the lines of today's statement."""
        day = self._now().strftime("%Y%m%d")
        return self._posted("/meisai", {"DATE": day}).decode(CODEC).split("\r\n")[:-1]

    def _posted(self, path: str, fields: Mapping[str, str]) -> bytes:
        envelope = {"DATETIME": _stamp(self._now()), "NONCE": secrets.token_hex(8)}
        pairs = {"SHOP_ID": self._shop_id, **fields, **envelope}
        text = "&".join(f"{key}={pairs[key]}" for key in sorted(pairs)).encode(CODEC)
        mac = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        whole = {**pairs, "MAC": mac}
        body = "&".join(f"{key}={quote(value.encode(CODEC))}" for key, value in whole.items())
        return send("POST", f"{self._base_url}{path}", body.encode(), FORM).body


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y%m%d%H%M%S")


def _pairs(body: bytes) -> dict[str, str]:
    lines = body.decode(CODEC).split("\r\n")[:-1]
    return {key: value for key, _, value in (line.partition("=") for line in lines)}
