"""Tell the operators how many transfers are open, and for how long the oldest has been unclear."""

from gateway.domain.transfer import HOLDS_RESERVATION
from gateway.services.desk import TransferDesk
from gateway.store.transfers import open_by_state


async def measure_transfers(desk: TransferDesk) -> int:
    """Set the gauges; return how many transfers are open."""
    found = await open_by_state(desk.db)
    now = desk.clock.now()
    counts = {state: found.get(state, (0, None))[0] for state in HOLDS_RESERVATION}
    for state, transfers in counts.items():
        desk.metrics.gauge("transfers_open", transfers, state=state)
    # Final ones may be asked about too, for a day or after a bank's call: nobody waits for those.
    since = [found[state][1] for state in HOLDS_RESERVATION if state in found]
    ages = [(now - instant).total_seconds() for instant in since if instant is not None]
    desk.metrics.gauge("transfers_unclear_age_s", max(ages, default=0.0))
    return sum(counts.values())
