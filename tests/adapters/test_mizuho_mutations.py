"""Two thousand damaged answers of Mizuho: none may settle what the bank did not say was done."""

from collections.abc import Callable
from random import Random

import httpx
import pytest

from gateway.domain.outcome import FileResult, Rejected, Settled, Unknown
from tests.adapters.mocked_mizuho import ANSWERS, PAYOUT, RECEIPT, mocked_mizuho
from tests.adapters.stand_ins import REFERENCE
from tests.adapters.test_mutations import cut_out, flip, insert, repeat

COUNT = 1_000
LINE = 122
RESULT = 113
ACCOUNT, AMOUNT, REFERENCE_AT = (43, 50), (80, 90), (91, 111)
DONE = ANSWERS["result_0"]["body"].encode("shift_jis")
REFUSED = ANSWERS["result_1"]["body"].encode("shift_jis")
ITEM_DONE = ANSWERS["item_0"]["body"].encode("shift_jis")
ITEM_REFUSED = ANSWERS["item_1"]["body"].encode("shift_jis")


def overwrite(body: bytes, random: Random) -> bytes:
    """Change one character into another that may stand there."""
    at = random.randrange(len(body))
    return body[:at] + random.choice([b"0", b"1", b"8", b"9", b" ", b"R", b"\xb1"]) + body[at + 1 :]


def exchange_lines(body: bytes, random: Random) -> bytes:
    lines = [body[at : at + LINE] for at in range(0, len(body), LINE)]
    random.shuffle(lines)
    return b"".join(lines)


BLUNT: list[Callable[[bytes, Random], bytes]] = [flip, cut_out, repeat, insert, overwrite]
SHARP = [*BLUNT, exchange_lines]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("body", [DONE, REFUSED], ids=["done", "refused"])
async def test_a_damaged_result_settles_only_what_still_balances(seed: int, body: bytes) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_mizuho() as mocked:
        file = mocked.file()
        for _ in range(COUNT // 8):
            damaged = random.choice(SHARP)(body, random)
            mocked.says(httpx.Response(200, content=damaged))

            got = (await mocked.bank.fetch_result(file, RECEIPT)).outcome

            assert isinstance(got, FileResult | Unknown)
            if isinstance(got, FileResult):
                # One that was done stays done, one that was refused stays refused.
                kind = Settled if body is DONE else Rejected
                assert isinstance(got.items[REFERENCE], kind), damaged


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("body", [ITEM_DONE, ITEM_REFUSED], ids=["done", "refused"])
async def test_a_damaged_item_settles_only_what_it_says(seed: int, body: bytes) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_mizuho() as mocked:
        for _ in range(COUNT // 8):
            damaged = random.choice(BLUNT)(body, random)
            mocked.says(httpx.Response(200, content=damaged))

            got = (await mocked.bank.inquire(PAYOUT)).outcome

            if isinstance(got, Settled):
                assert len(damaged) == LINE
                assert damaged[RESULT : RESULT + 1] == b"0"
                for begin, end in (ACCOUNT, AMOUNT, REFERENCE_AT):
                    assert damaged[begin:end] == ITEM_DONE[begin:end]
