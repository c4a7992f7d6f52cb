"""The control API's way of doing what a payer does, or what a bank does by mistake."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from gateway.sandbox import magic
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.collections import Collection, Collections, CollectionState
from gateway.sandbox.control_refused import ControlRefused
from gateway.sandbox.strict import StrictModel, Unreadable, as_model, read_instant

Json = Mapping[str, object]
MISTAKEN_TIMES = 2


class Payer(StrictModel):
    """Whose account pays."""

    branch: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    type: Literal["1", "2", "4"]
    number: Annotated[str, Field(pattern=r"^[0-9]{7}$")]


class Refusing(StrictModel):
    """`POST decline/…`."""

    payer: Payer | None = None


class Approving(StrictModel):
    """`POST approve/…`: another amount, another instant of booking, booked twice."""

    payer: Payer | None = None
    amount: Annotated[int, Field(ge=1, le=9_999_999_999)] | None = None
    at: str | None = None
    again: bool = False


async def approve(collections: Collections, reference: str, value: object) -> Json:
    """Approve an open collection; with `again` it is booked twice, or once more if it was."""
    wanted = as_model(Approving, value)
    at = None if wanted.at is None else read_instant("at", wanted.at)
    collection = _known(collections, reference)
    is_repeated = wanted.again and collection.state is CollectionState.PAID
    if not collection.is_open and not is_repeated:
        raise ControlRefused(409, f"it is {collection.state}")
    after = await collections.approve(
        collection,
        _payer(collections, wanted.payer),
        amount=wanted.amount,
        at=at,
        times=MISTAKEN_TIMES if wanted.again and collection.is_open else 1,
    )
    return {"reference": reference, "status": after.state}


async def decline(collections: Collections, reference: str, value: object) -> Json:
    """Cancel an open collection."""
    wanted = as_model(Refusing, value)
    collection = _known(collections, reference)
    if not collection.is_open:
        raise ControlRefused(409, f"it is {collection.state}")
    after = await collections.decline(collection, _payer(collections, wanted.payer))
    return {"reference": reference, "status": after.state}


def _known(collections: Collections, reference: str) -> Collection:
    collection = collections.find(reference)
    if collection is None:
        raise ControlRefused(404, f"no collection of reference {reference}")
    return collection


def _payer(collections: Collections, wanted: Payer | None) -> Account:
    emulation = collections.emulation
    key = emulation.demo_account
    if wanted is not None:
        key = AccountKey(wanted.branch, wanted.type, wanted.number)
    account = None if key is None else magic.find_account(emulation.books, key)
    if account is None:
        raise Unreadable("payer: no such account")
    return account
