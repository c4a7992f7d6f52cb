"""A bank takes single instructions or files: what it does not take cannot even be called."""

from gateway.adapters.registry import open_banks
from gateway.config import load_settings
from gateway.conformance.surroundings import FreeLanes, NoMetrics, StandingClock, nothing_happens
from gateway.domain.bank import FileBank, InstantBank
from gateway.profiles import bank_profiles


async def test_every_bank_keeps_one_protocol_and_the_one_that_its_table_says() -> None:
    async with open_banks(
        load_settings(),
        clock=StandingClock(),
        metrics=NoMetrics(),
        lanes=FreeLanes(),
        checkpoint=nothing_happens,
    ) as banks:
        for code, bank in banks.items():
            takes_files = bank_profiles()[code].batched
            assert isinstance(bank, FileBank) is takes_files
            assert isinstance(bank, InstantBank) is not takes_files
            assert hasattr(bank, "submit") is not takes_files
