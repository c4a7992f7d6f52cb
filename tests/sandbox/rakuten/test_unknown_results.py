"""Results that the emulated Rakuten does not know at once, money that comes back, restarts."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender


async def until_settled(lender: Lender, reference: str) -> dict[str, str]:
    """Ask until an item is no longer in process."""
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
    while (asked := await lender.inquire(reference)).state == "2":
        pass
    return asked.said


async def test_after_an_unknown_result_the_item_is_in_process_and_then_done(lender: Lender):
    await lender.told("PUT", "settings", {"settle_s_min": 20, "settle_s_max": 20})
    await lender.rule("submit", {"kind": "code", "code": "F0"})
    order = lender.order()

    answer = await lender.submit(order)
    in_process = await lender.inquire(order["REF"])
    again = await lender.submit(order)
    ended = await until_settled(lender, order["REF"])
    at_last = await lender.submit(order)

    assert (answer.code, in_process.state, again.code) == ("F", "2", "F")
    assert (in_process.row[2], in_process.row[5]) == ("", "10000")
    assert (ended["state"], ended["datetime"]) == ("1", "20261125100000")
    assert at_last.row[:3] == ["D", ended["receipt"], ended["datetime"]]
    assert len(await lender.movements()) == 1


@pytest.mark.parametrize(
    ("told", "change", "refusal"),
    [
        pytest.param("FC", {}, "C", id="account"),
        pytest.param("FN", {}, "N", id="name"),
        pytest.param("FG", {}, "G", id="limit"),
        pytest.param("F ", {}, " ", id="lender's account short"),
        pytest.param("F0", {"ACCOUNT": "7654321"}, "C", id="an account that is not there"),
    ],
)
async def test_after_an_unknown_result_the_item_may_end_as_refused(
    lender: Lender, told, change, refusal
):
    await lender.rule("submit", {"kind": "code", "code": told})
    order = lender.order(**change)

    answer = await lender.submit(order)
    ended = await until_settled(lender, order["REF"])
    again = await lender.submit(order)

    assert (answer.code, ended["state"], ended["refusal"]) == ("F", "3", refusal)
    assert (ended["datetime"], again.code) == ("", refusal)
    assert await lender.movements() == []


async def test_the_seed_decides_how_an_unknown_result_ends(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    await lender.rule("submit", {"kind": "code", "code": "F"}, times=0)
    orders = [lender.order() for _ in range(16)]
    runs = []
    for seed in (1, 1, 2):
        await lender.told("PUT", "seed", seed)
        answers = [await lender.submit(order) for order in orders]
        states = [(await until_settled(lender, order["REF"]))["state"] for order in orders]
        runs.append((states, {answer.code for answer in answers}))
        await lender.told("POST", "reset")
        settings = {"visibility_s_min": 0, "visibility_s_max": 0, "rate_limits": {"money": 0}}
        await lender.told("PUT", "settings", settings)
        await lender.rule("submit", {"kind": "code", "code": "F"}, times=0)

    assert runs[0] == runs[1] != runs[2]
    assert (set(runs[0][0]), runs[0][1]) == ({"1", "3"}, {"F"})


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        pytest.param("0000005", {"kind": "delay", "seconds": 0}, id="magic number"),
        pytest.param("1234567", {"kind": "return_after", "seconds": 8}, id="rule"),
    ],
)
async def test_a_return_shows_its_own_instant(lender: Lender, clock: ManualClock, number, rule):
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
    await lender.rule("submit", rule)
    order = lender.order(ACCOUNT=number)
    first = await lender.submit(order)
    clock.advance(86_400)

    while (asked := await lender.inquire(order["REF"])).state == "1":
        assert asked.row[2] == "20261125100000"
    again = await lender.submit(order)

    assert asked.said == {
        "code": "0",
        "receipt": first.row[1],
        "datetime": "20261126100000",
        "message": "正常に処理しました",
        "state": "4",
        "amount": "10000",
        "refusal": "",
    }
    assert again.row[:3] == ["D", first.row[1], "20261125100000"]
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_000_000


async def test_a_restarted_emulator_shows_the_same_books_and_goes_on_settling(
    clock: ManualClock, tmp_path: Path
):
    async with ClientSession() as session:
        async with running_sandbox(
            clock=clock, banks=["rakuten"], books_dir=tmp_path, time_scale=100
        ) as sandbox:
            lender = Lender(session, sandbox.urls["rakuten"], clock)
            done, unknown = lender.order(), lender.order()
            used = lender.enveloped({"REF": "A" * 20})
            await lender.submit(done)
            await lender.rule("submit", {"kind": "code", "code": "F0"})
            first = await lender.submit(unknown)
            await lender.post("/furikomi/shokai", used)
            before = await lender.told("GET", "ledger")

        async with running_sandbox(
            clock=clock, banks=["rakuten"], books_dir=tmp_path, time_scale=0.01
        ) as sandbox:
            lender.url = sandbox.urls["rakuten"]
            after = await lender.told("GET", "ledger")
            seq_again = await lender.post("/furikomi/shokai", used)
            again = await lender.submit(done)
            ended = await until_settled(lender, unknown["REF"])

    assert after == before
    assert (first.code, again.code, seq_again.code, ended["state"]) == ("F", "D", "Q", "1")
