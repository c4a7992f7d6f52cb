"""A full day, through a real emulator and a real database: every movement is matched, once."""

from pathlib import Path

import pytest

from bench.days import cost
from gateway.domain.account import BankCode


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bank", list(BankCode), ids=str)
async def test_every_movement_of_a_full_day_is_matched(tmp_path: Path, bank: BankCode) -> None:
    seen = await cost(tmp_path, bank, 20_000)

    assert (seen.refused, seen.lines, seen.verdicts) == (None, 20_000, {"matched": 20_000})
