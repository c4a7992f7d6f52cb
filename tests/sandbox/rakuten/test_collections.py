"""Collections at the emulated Rakuten: a page for the payer, and an answer for whoever asks."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender

DEMO = {"branch": "201", "number": "1234567", "password": "demo1234"}


async def decide(lender: Lender, page: str, **filled: str) -> tuple[int, str]:
    """Send the page's form; return status and where the browser goes next."""
    async with lender.session.post(page, data=filled, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")


async def test_a_started_collection_has_a_page_that_a_browser_can_open(lender: Lender):
    answer = await lender.start(lender.collection())

    code, page = answer.row
    async with lender.session.get(page) as shown:
        text = await shown.text()
    assert (code, shown.status) == ("0", 200)
    assert page.startswith(f"{lender.url}/approve/")
    assert "5,000円" in text
    assert "ご返済 12月分" in text
    assert "楽天銀行" in text


async def test_an_approved_collection_is_paid_and_sent_back(lender: Lender, clock: ManualClock):
    collection = lender.collection()
    _, page = (await lender.start(collection)).row

    back = await decide(lender, page, action="approve", **DEMO)
    clock.advance(60)

    asked = await lender.inquire_collection(collection["REF"])
    assert back == (303, f"{collection['RETURN_URL']}&REF={collection['REF']}&result=paid")
    assert asked.said == {
        "code": "0",
        "receipt": asked.row[1],
        "datetime": "20261125100000",
        "message": "正常に処理しました",
        "state": "2",
        "amount": "5000",
        "refusal": "",
    }
    [movement] = await lender.movements()
    assert (movement["kind"], movement["direction"], movement["amount"]) == (
        "collection",
        "in",
        5000,
    )


ENDS = [
    pytest.param({"action": "decline"}, "3", "cancelled", id="left"),
    pytest.param({"action": "approve", **DEMO, "number": "0000004"}, "4", "failed", id="funds"),
    pytest.param({"action": "approve", **DEMO, "number": "0000003"}, "4", "failed", id="frozen"),
]


@pytest.mark.parametrize(("filled", "state", "result"), ENDS)
async def test_an_end_without_money_has_no_instant(lender: Lender, filled, state, result):
    collection = lender.collection()
    _, page = (await lender.start(collection)).row

    _, back = await decide(lender, page, **filled)

    asked = await lender.inquire_collection(collection["REF"])
    assert back.endswith(f"&result={result}")
    assert (asked.state, asked.row[2], asked.row[5:]) == (state, "", ["5000", ""])
    assert await lender.movements() == []


async def test_an_open_collection_and_an_unknown_one_can_be_asked_about(lender: Lender):
    collection = lender.collection()
    await lender.start(collection)

    still_open = await lender.inquire_collection(collection["REF"])
    unknown = await lender.inquire_collection("A" * 20)

    assert (still_open.state, still_open.row[2], still_open.row[5]) == ("1", "", "5000")
    assert unknown.row == ["0", "", "", "正常に処理しました", "9", "", ""]


async def test_an_undecided_collection_expires_by_itself(lender: Lender, clock: ManualClock):
    collection = lender.collection()
    await lender.start(collection)
    clock.advance(599)
    before = await lender.inquire_collection(collection["REF"])
    clock.advance(1)

    after = await lender.inquire_collection(collection["REF"])

    assert (before.state, after.state) == ("1", "5")


async def test_a_collection_started_again_is_the_first_one_until_it_is_decided(lender: Lender):
    collection = lender.collection()

    first = await lender.start(collection)
    again = await lender.start(collection)
    await lender.told("POST", f"decline/{collection['REF']}")
    afterwards = await lender.start(collection)

    assert (first.code, again.row, afterwards.row) == ("0", first.row, ["D", ""])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"AMOUNT": "5001"}, id="amount"),
        pytest.param({"ITEM": "お返し"}, id="item"),
        pytest.param({"RETURN_URL": "https://lender.example/"}, id="return address"),
        pytest.param({"LIMIT": "20261125101001"}, id="limit"),
    ],
)
async def test_other_fields_under_a_used_reference_are_refused(lender: Lender, change):
    collection = lender.collection()
    await lender.start(collection)

    answer = await lender.start(collection | change)

    assert answer.row == ["D", ""]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"LIMIT": "20261125100000"}, "H", id="a limit that is now"),
        pytest.param({"LIMIT": "20261125250000"}, "H", id="a limit that is no instant"),
        pytest.param({"ITEM": ""}, "H", id="no item"),
        pytest.param({"ITEM": "あ" * 41}, "H", id="41 characters"),
        pytest.param({"ITEM": "a\nb"}, "H", id="a line end"),
        pytest.param({"RETURN_URL": "javascript:alert(1)"}, "H", id="no web address"),
        pytest.param({"CALLBACK_URL": "https://lender.example/"}, "H", id="nobody is called back"),
        pytest.param({"AMOUNT": "0"}, "H", id="nothing to pay"),
        pytest.param({"AMOUNT": "10000001"}, "G", id="above the limit of one item"),
    ],
)
async def test_a_refused_start_leaves_nothing_behind(lender: Lender, change, code):
    collection = lender.collection()

    answer = await lender.start(collection | change)

    assert answer.row == [code, ""]
    assert (await lender.inquire_collection(collection["REF"])).state == "9"


async def test_forty_characters_and_ten_million_yen_are_taken(lender: Lender):
    answer = await lender.start(lender.collection(ITEM="あ" * 40, AMOUNT="10000000"))

    assert answer.code == "0"


async def test_a_bank_may_book_another_amount_and_say_so(lender: Lender):
    collection = lender.collection()
    await lender.start(collection)

    await lender.told("POST", f"approve/{collection['REF']}", {"amount": 4999})

    asked = await lender.inquire_collection(collection["REF"])
    assert (asked.state, asked.row[5]) == ("2", "4999")


async def test_starts_count_with_the_pay_outs(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await lender.submit(lender.order())

    assert (await lender.start(lender.collection())).row == ["E", ""]


async def test_many_equal_starts_at_once_open_one_collection(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    collection = lender.collection()

    answers = await asyncio.gather(*(lender.start(collection) for _ in range(30)))
    await lender.told("POST", f"approve/{collection['REF']}")

    assert len({answer.body for answer in answers}) == 1
    assert len(await lender.movements()) == 1


async def test_a_payer_may_come_from_any_address(lender: Lender):
    _, page = (await lender.start(lender.collection())).row

    connector = TCPConnector(local_addr=("127.0.0.2", 0))
    async with ClientSession(connector=connector) as session, session.get(page) as shown:
        assert shown.status == 200


async def test_a_restarted_emulator_knows_its_collections(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, banks=["rakuten"], books_dir=tmp_path) as sandbox:
            lender = Lender(session, sandbox.urls["rakuten"], clock)
            paid, still_open = lender.collection(), lender.collection()
            for collection in (paid, still_open):
                await lender.start(collection)
            await lender.told("POST", f"approve/{paid['REF']}")
            before = await lender.told("GET", "ledger")

        async with running_sandbox(clock=clock, banks=["rakuten"], books_dir=tmp_path) as sandbox:
            lender.url = sandbox.urls["rakuten"]
            asked = [await lender.inquire_collection(each["REF"]) for each in (paid, still_open)]
            after = await lender.told("GET", "ledger")
            again = await lender.start(still_open)

    assert ([answer.state for answer in asked], after, again.code) == (["2", "1"], before, "0")
