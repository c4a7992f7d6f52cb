"""A thousand damaged lines: none may settle a transfer that Rakuten did not say was done."""

import csv
from collections.abc import Callable
from io import StringIO
from random import Random

import pytest

from gateway.domain.outcome import NotSent, Rejected, Settled, Unknown
from tests.adapters.mocked_rakuten import PAYOUT, mocked_rakuten, recorded, says
from tests.adapters.stand_ins import submit
from tests.adapters.test_mutations import cut_out, flip, insert, repeat

COUNT = 1_000
BODY = recorded("0_done").content
SCRAPS = [b'"', b",", b'"",', b"\r\n", b"\x00", b"0", b"D", b'"0",', b"\x82"]


def insert_scrap(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(SCRAPS) + body[at:]


def exchange_fields(body: bytes, random: Random) -> bytes:
    fields = body.removesuffix(b"\r\n").split(b",")
    random.shuffle(fields)
    return b",".join(fields) + b"\r\n"


DAMAGE: list[Callable[[bytes, Random], bytes]] = [
    flip,
    cut_out,
    repeat,
    insert,
    insert_scrap,
    exchange_fields,
]


def says_it_is_done(body: bytes) -> bool:
    """Whether another reader of CSV would take these bytes for the bank's word that it is done."""
    try:
        rows = list(csv.reader(StringIO(body.decode("shift_jis"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return False
    return len(rows) == 1 and len(rows[0]) == 4 and rows[0][0] in {"0", "D"} and all(rows[0][:3])


@pytest.mark.parametrize("seed", range(4))
async def test_a_damaged_line_settles_only_what_it_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_rakuten() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(DAMAGE)(BODY, random)
            mocked.answers(says(body))

            got = await submit(mocked.bank, PAYOUT)

            assert isinstance(got.outcome, Settled | NotSent | Rejected | Unknown)
            assert says_it_is_done(body) or not isinstance(got.outcome, Settled), body
            # Only a listed character in a line of the right form is a refusal.
            is_refusal = isinstance(got.outcome, NotSent | Rejected)
            assert not is_refusal or body[:1] + body[2:] == BODY[:1] + BODY[2:], body


async def test_the_undamaged_line_settles() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(BODY))

        assert isinstance((await submit(mocked.bank, PAYOUT)).outcome, Settled)
