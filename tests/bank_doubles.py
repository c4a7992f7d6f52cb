"""What hand-written banks of the tests have in common: collections that nobody there asks for."""

from gateway.domain.bank import CollectionOrder
from gateway.domain.outcome import Answer, CollectionOutcome, StartOutcome


class WithoutCollections:
    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        raise AssertionError(order.reference)

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        raise AssertionError(order.reference)
