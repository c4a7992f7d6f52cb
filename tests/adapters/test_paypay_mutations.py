"""Two thousand damaged answers: none may settle a transfer that PayPay did not say was done."""

from collections.abc import Callable
from random import Random

import pytest

from gateway.domain.outcome import Settled, Unknown
from tests.adapters.mocked_paypay import (
    ENVELOPE,
    NONCE,
    PAYOUT,
    lines,
    mocked_paypay,
    recorded,
    sealed,
    text,
)
from tests.adapters.stand_ins import REFERENCE, submit
from tests.adapters.test_mutations import cut_out, flip, insert, repeat

COUNT = 1_000
BODY = recorded("payout_done").content
FIELDS = {
    "RESULT": "0",
    "TRAN_ID": REFERENCE,
    "BANK_ID": "PP0123456789ABCD",
    "DONE_AT": "20261125100000",
    **ENVELOPE,
}
VALUES = ["", "0", "1", "B" * 20, "fedcba9876543210", "99991231235959", "ﾔﾏﾀﾞ", "0=0"]


def insert_scrap(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice([b"\r\n", b"RESULT=0\r\n", b"=", b"\x00", b"0"]) + body[at:]


BLUNT: list[Callable[[bytes, Random], bytes]] = [flip, cut_out, repeat, insert, insert_scrap]


@pytest.mark.parametrize("seed", range(4))
async def test_damaged_bytes_under_the_banks_mac_settle_nothing(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_paypay() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(BLUNT)(BODY, random)
            mocked.answers(text(body))

            got = await submit(mocked.bank, PAYOUT)

            assert isinstance(got.outcome, Settled if body == BODY else Unknown), body


def replace_value(fields: dict[str, str], random: Random) -> dict[str, str]:
    return fields | {random.choice(sorted(fields)): random.choice(VALUES)}


def exchange_values(fields: dict[str, str], random: Random) -> dict[str, str]:
    one, other = random.sample(sorted(fields), 2)
    return fields | {one: fields[other], other: fields[one]}


def leave_out(fields: dict[str, str], random: Random) -> dict[str, str]:
    left_out = random.choice(sorted(fields))
    return {key: value for key, value in fields.items() if key != left_out}


def add(fields: dict[str, str], random: Random) -> dict[str, str]:
    return fields | {random.choice(["CODE", "STATE", "AMOUNT", "X"]): random.choice(VALUES)}


SHARP: list[Callable[[dict[str, str], Random], dict[str, str]]] = [
    replace_value,
    exchange_values,
    leave_out,
    add,
]


def says_it_is_done(fields: dict[str, str]) -> bool:
    """Whether these are the bank's word that this very transfer is done."""
    wanted = {"RESULT": "0", "TRAN_ID": REFERENCE, "REQ_NONCE": NONCE}
    return wanted.items() <= fields.items() and set(fields) == set(FIELDS)


@pytest.mark.parametrize("seed", range(4))
async def test_damage_that_the_bank_itself_sealed_settles_only_what_it_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_paypay() as mocked:
        for _ in range(COUNT // 4):
            fields = random.choice(SHARP)(FIELDS, random)
            mocked.answers(text(lines(sealed(fields))))

            got = await submit(mocked.bank, PAYOUT)

            assert isinstance(got.outcome, Settled | Unknown)
            assert says_it_is_done(fields) or not isinstance(got.outcome, Settled), fields
