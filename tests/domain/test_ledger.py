"""What transitions post, and the position that follows from it."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ledger import Entry, position
from gateway.domain.money import Yen
from tests.domain.transfers import NOW

DAY = date(2026, 11, 25)


@given(st.lists(st.integers(1, 10**7), max_size=20), st.randoms())
def test_the_position_does_not_depend_on_the_order_of_discovery(amounts, random) -> None:
    entries = [
        Entry("principal", "settlement_cash:smbc", Yen(a), DAY + timedelta(i), NOW, UUID(int=i))
        for i, a in enumerate(amounts)
    ]
    shuffled = random.sample(entries, len(entries))

    assert position(shuffled) == position(entries)
    assert position(entries).principal == Yen(sum(amounts))
