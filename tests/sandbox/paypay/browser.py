"""Starting, deciding and asking about a collection at the emulated PayPay."""

import re

from tests.sandbox.paypay.receiver import Receiver
from tests.sandbox.paypay.shop import Seen, Shop

RETURN_URL = "https://lender.example/back?session=1"
DEMO = {"branch": "002", "number": "1234567", "password": "demo1234"}


def order(shop: Shop, receiver: Receiver | None = None, **changes: str) -> dict[str, str]:
    """Return a form over 5,000 yen, good for ten minutes."""
    return {
        "SHOP_ID": "SHOP0001",
        "TRAN_ID": shop.reference(),
        "AMOUNT": "5000",
        "ITEM": "ご返済",
        "RETURN_URL": RETURN_URL,
        "CALLBACK_URL": "http://127.0.0.1:1/" if receiver is None else receiver.url,
        "LIMIT": shop.now(600),
    } | changes


async def decide(shop: Shop, page: Seen, **filled: str) -> Seen:
    """Fill the page in and send it, as a browser does."""
    found = re.search(r'<form[^>]* action="([^"]+)"', page.body.decode())
    assert found is not None
    url = f"{shop.url}{found[1]}"
    async with shop.session.post(url, data=filled, allow_redirects=False) as answer:
        return Seen(answer.status, await answer.read(), answer.headers)


async def asked(shop: Shop, reference: str) -> dict[str, str]:
    answer = await shop.post("/inquiry", {"SHOP_ID": "SHOP0001", "TRAN_ID": reference})
    assert answer.is_sealed
    said = answer.said
    assert (said.pop("RESULT"), said.pop("TRAN_ID")) == ("0", reference)
    return said
