"""Two thousand damaged answers a bank: nothing is concluded that a plain reader would not.

`make fuzz` tries a hundred thousand a bank (FUZZ_ANSWERS). Each damaged answer is read under the
bank's seal as it was, and once more sealed anew by the bank, where it seals anything.
"""

import asyncio
import os
from random import Random
from typing import Any

import pytest
from multidict import CIMultiDict
from structlog.testing import capture_logs

from gateway.adapters.registry import BANKS
from tests.adapters.mutations.damage import damaged
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, in_short
from tests.adapters.mutations.mizuho import MIZUHO
from tests.adapters.mutations.mufg import MUFG
from tests.adapters.mutations.paypay import PAYPAY
from tests.adapters.mutations.rakuten import RAKUTEN
from tests.adapters.mutations.smbc import SMBC

MUTATED = (
    SMBC,
    MUFG,
    PAYPAY,
    MIZUHO,
    RAKUTEN,
)
ANSWERS = 2_000
ANSWERS_LONG = int(os.environ.get("FUZZ_ANSWERS", "100000"))
ANSWERS_A_SITTING = 500
WITHIN_S = 5.0
by_bank = pytest.mark.parametrize("bank", [pytest.param(it, id=it.code) for it in MUTATED])


def test_every_bank_is_tried() -> None:
    unjudged = sorted(set(BANKS) - {bank.code for bank in MUTATED})

    assert unjudged == [], (
        "write tests/adapters/mutations/<bank>.py and name it in MUTATED:"
        " docs/adding_a_bank.md, The judge"
    )


@by_bank
async def test_a_plain_reader_takes_each_genuine_answer_for_what_the_adapter_does(
    bank: MutatedBank,
) -> None:
    async with bank.open() as mocked:
        for exchange in bank.exchanges:
            got = in_short(await outcome(bank, mocked, exchange, exchange.genuine))

            assert got is not None, exchange.name
            assert got == judged(bank, exchange, exchange.genuine), exchange.name


@by_bank
@pytest.mark.parametrize("seed", range(ANSWERS // ANSWERS_A_SITTING))
async def test_damaged_answers_tell_no_more_than_a_plain_reader_sees(
    bank: MutatedBank, seed: int
) -> None:
    await sit(bank, seed)


@pytest.mark.long
@pytest.mark.timeout(0)
@by_bank
async def test_very_many_damaged_answers_tell_no_more_than_a_plain_reader_sees(
    bank: MutatedBank,
) -> None:
    for seed in range(ANSWERS_LONG // ANSWERS_A_SITTING):
        await sit(bank, seed)


async def sit(bank: MutatedBank, seed: int) -> None:
    """Try as many answers as belong to one seed."""
    random = Random(f"{bank.code} {seed}")  # noqa: S311 - repeatable damage, no secret
    with capture_logs() as log:
        async with bank.open() as mocked:
            for _ in range(ANSWERS_A_SITTING):
                exchange = random.choice(bank.exchanges)
                answer = damaged(exchange.genuine, bank, random)
                is_resealed = bank.seal is not None and random.random() < 0.5
                if bank.seal is not None and is_resealed:
                    answer = bank.seal(exchange, answer)
                got = in_short(await outcome(bank, mocked, exchange, answer))

                assert "bank.call_failed" not in {line["event"] for line in log}, answer
                if got is not None:
                    is_believed = is_resealed or bank.is_sealed(exchange, answer)
                    wanted = judged(bank, exchange, answer) if is_believed else None
                    assert got == wanted, (exchange.name, answer)
                log.clear()


async def outcome(bank: MutatedBank, mocked: Any, exchange: Exchange, answer: Raw) -> object:
    """Return what the adapter makes of an answer; TimeoutError if it hangs."""
    async with asyncio.timeout(WITHIN_S):
        if exchange.ask is None:
            return await read_callback(mocked, answer)
        bank.says(mocked, answer.response())
        return await exchange.ask(mocked)


async def read_callback(mocked: Any, call: Raw) -> object:
    written = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in call.headers]
    return await mocked.bank.read_callback(CIMultiDict(written), call.body)


def judged(bank: MutatedBank, exchange: Exchange, answer: Raw) -> object:
    """Return what a plain reader concludes, None for nothing at all."""
    del bank
    try:
        return exchange.read(answer)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
