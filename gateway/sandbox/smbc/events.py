"""What all of SMBC's callbacks have in common."""

from uuid import UUID

from gateway.sandbox.callbacks import Insistence
from gateway.sandbox.emulation import Emulation

INSISTENCE = Insistence(answer_within_s=5.0, gaps_s=(1.0, 2.0, 4.0, 8.0, 16.0))


def event_id(emulation: Emulation, reference: str) -> str:
    """Return the name of one more event about a reference; all its deliveries carry it."""
    number = emulation.choices.count_call("event", reference)
    chosen = emulation.choices.digest("event", reference, number, "event id")
    return str(UUID(bytes=chosen[:16], version=4))
