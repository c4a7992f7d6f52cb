"""What the emulated Rakuten refuses before any business, and in which order."""

import pytest
from aiohttp import ClientSession, TCPConnector

from gateway.sandbox.server import start_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.charsets import CHARSETS
from tests.sandbox.rakuten.lender import Lender, encoded

SHAPES = [
    pytest.param("/furikomi", 4, id="transfer"),
    pytest.param("/furikomi/shokai", 7, id="inquiry"),
    pytest.param("/meigi", 2, id="name"),
    pytest.param("/kessai/start", 2, id="start"),
    pytest.param("/kessai/shokai", 7, id="inquiry of a collection"),
    pytest.param("/meisai", 4, id="statement"),
    pytest.param("/nothing", 4, id="no such call"),
]


@pytest.mark.parametrize(("path", "count"), SHAPES)
async def test_a_refusal_has_as_many_fields_as_the_calls_answer(lender: Lender, path, count):
    answer = await lender.post(path, {})

    assert (answer.status, answer.code, len(answer.row)) == (200, "H", count)
    assert set(answer.row[1:3]) == {""}


@pytest.mark.parametrize("path", ["/furikomi", "/furikomi/shokai", "/nothing"])
async def test_a_call_from_another_address_is_403_without_a_body(lender: Lender, path):
    connector = TCPConnector(local_addr=("127.0.0.2", 0))
    async with ClientSession(connector=connector) as session:
        elsewhere = Lender(session, lender.url, lender.clock)
        order = lender.order()

        answer = await elsewhere.post(path, order)
        ledger = await elsewhere.told("GET", "ledger")

    assert (answer.status, answer.body) == (403, b"")
    assert ledger["movements"] == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"USER_ID": "LENDER02"}, id="another user"),
        pytest.param({"USER_ID": None}, id="no user"),
        pytest.param({"PASSWORD": "wrong"}, id="a wrong password"),
        pytest.param({"PASSWORD": "ﾊﾟｽ"}, id="a password in kana"),
        pytest.param({"PASSWORD": None}, id="no password"),
        pytest.param({"PASSWORD": "wrong", "SEQ": "x", "AMOUNT": "0"}, id="before all the rest"),
    ],
)
async def test_a_wrong_user_or_password_is_contract_trouble(lender: Lender, change):
    answer = await lender.submit(lender.order() | change)

    assert (answer.code, await lender.movements()) == ("B", [])


async def test_a_seq_is_used_up_once_and_for_all_calls(lender: Lender):
    seq = {"SEQ": "000000000777"}
    first = await lender.post("/furikomi/shokai", {"REF": "A" * 20, **seq})

    order = lender.order(**seq)
    again = await lender.submit(order)
    booked = await lender.submit({**order, "SEQ": "000000000778"})

    assert (first.code, again.code, booked.code) == ("0", "Q", "0")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"AMOUNT": "0"}, "H", id="a format error"),
        pytest.param({"KANA": "ﾀﾆﾝ"}, "N", id="a refusal"),
        pytest.param({"ACCOUNT": "0000008"}, "E", id="a magic throttling, which is no real one"),
    ],
)
async def test_whatever_the_answer_an_authentic_request_uses_its_seq_up(
    lender: Lender, change, code
):
    order = lender.order(SEQ="000000000777", **change)

    codes = [(await lender.submit(order)).code for _ in range(2)]

    assert codes == [code, "Q"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"PASSWORD": "wrong"}, id="not authentic"),
        pytest.param({"SEQ": "00000000077"}, id="not well-formed"),
    ],
)
async def test_a_request_that_was_not_admitted_uses_no_seq_up(lender: Lender, change):
    order = lender.order(SEQ="000000000777")

    refused = await lender.submit(order | change)
    taken = await lender.submit(order)

    assert (refused.code in {"B", "H"}, taken.code) == (True, "0")


async def test_a_throttled_request_uses_no_seq_up(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await lender.submit(lender.order())
    order = lender.order(SEQ="000000000777")

    throttled = await lender.submit(order)
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    taken = await lender.submit(order)

    assert (throttled.code, taken.code) == ("E", "0")


async def test_a_seq_may_be_used_again_on_another_day_in_japan(lender: Lender, clock: ManualClock):
    clock.advance(14 * 3600 - 1)
    orders = [lender.order(SEQ="000000000777") for _ in range(3)]

    first = await lender.submit(orders[0])
    again = await lender.submit(orders[1])
    clock.advance(1)
    next_day = await lender.submit(orders[2])

    assert (first.code, again.code, next_day.code) == ("0", "Q", "0")


async def test_the_day_of_a_seq_is_the_banks(lender: Lender):
    order = lender.order(SEQ="000000000777")
    await lender.submit(order)
    await lender.told("PUT", "clock", {"shift_s": 86_400})

    assert (await lender.submit(order)).code == "D"


@pytest.mark.parametrize(
    "seq", ["", "00000000077", "0000000000777", "00000000077x", "０００００００００７７７", None]
)
async def test_a_seq_that_is_not_12_digits_is_a_format_error(lender: Lender, seq):
    answer = await lender.submit(lender.order() | {"SEQ": seq})

    assert answer.code == "H"


UNREADABLE = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"USER_ID", id="no equals sign"),
    pytest.param(b"USER_ID=%4", id="half an escape"),
    pytest.param(b"USER_ID=a b", id="a bare space"),
    pytest.param(b"KANA=%d4%cf", id="Shift_JIS"),
    pytest.param("KANA=ﾔﾏ".encode(), id="bytes that should be escaped"),
]


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_unreadable_form_is_a_format_error(lender: Lender, body):
    answer = await lender.send("/furikomi", body)

    assert (answer.status, answer.code) == (200, "H")


async def test_another_content_type_method_or_a_query_is_a_format_error(lender: Lender):
    bodies = [encoded(lender.enveloped(lender.order())) for _ in range(3)]

    codes = [
        (await lender.send("/furikomi", bodies[0], content_type="text/plain")).code,
        (await lender.send("/furikomi", bodies[1], method="PUT")).code,
        (await lender.send("/furikomi?a=b", bodies[2])).code,
    ]

    assert codes == ["H", "H", "H"]


@pytest.mark.parametrize("charset", CHARSETS)
async def test_a_charset_beside_a_form_makes_it_no_other_type(lender: Lender, charset):
    body = encoded(lender.enveloped(lender.order()))

    assert (
        await lender.send(
            "/furikomi", body, content_type=f"application/x-www-form-urlencoded{charset}"
        )
    ).code == "0"


FIELDS = [
    pytest.param({"REF": "A" * 19}, id="19 characters"),
    pytest.param({"REF": "a" * 20}, id="lower case"),
    pytest.param({"AMOUNT": "0"}, id="nothing"),
    pytest.param({"AMOUNT": "010000"}, id="a leading zero"),
    pytest.param({"AMOUNT": "12345678901"}, id="11 digits"),
    pytest.param({"AMOUNT": "１００"}, id="full-width digits"),
    pytest.param({"AMOUNT": None}, id="missing"),
    pytest.param({"BRANCH": "21"}, id="branch of two digits"),
    pytest.param({"KIND": "3"}, id="unknown kind"),
    pytest.param({"ACCOUNT": "123456"}, id="six digits"),
    pytest.param({"KANA": "ヤマダ"}, id="full-width name"),
    pytest.param({"KANA": "ﾔﾏﾀﾞｦ"}, id="ｦ"),
    pytest.param({"KANA": "ﾞﾔﾏﾀ"}, id="a mark without its kana"),
    pytest.param({"KANA": "ｱ" * 31}, id="31 characters"),
    pytest.param({"IRAI_KANA": ""}, id="no remitter"),
    pytest.param({"IRAI_KANA": "ｱ" * 41}, id="41 characters"),
    pytest.param({"MEMO": ""}, id="an unknown field"),
]


@pytest.mark.parametrize("change", FIELDS)
async def test_a_field_that_is_not_the_profiles_is_a_format_error(lender: Lender, change):
    answer = await lender.submit(lender.order() | change)

    assert (answer.code, await lender.movements()) == ("H", [])


@pytest.mark.parametrize("key", ["AMOUNT", "SEQ"])
async def test_a_key_twice_is_a_format_error(lender: Lender, key):
    body = encoded(lender.enveloped(lender.order()))

    answer = await lender.send("/furikomi", body + f"&{key}=1".encode())

    assert answer.code == "H"


async def test_the_longest_remitter_and_a_plus_for_a_space_are_taken(lender: Lender):
    body = encoded(lender.enveloped(lender.order(IRAI_KANA="ｱ" * 40)))
    assert b"%20" in body

    answer = await lender.send("/furikomi", body.replace(b"%20", b"+"))

    assert answer.code == "0"


async def test_format_comes_before_hours_and_hours_before_duplicates(lender: Lender):
    order = lender.order()
    await lender.submit(order)

    codes = [
        (await lender.submit(lender.order(ACCOUNT="0000009", AMOUNT="0"))).code,
        (await lender.submit(order | {"ACCOUNT": "0000009"})).code,
    ]

    assert codes == ["H", "A"]


async def test_throttling_comes_before_user_and_password(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await lender.submit(lender.order())

    answer = await lender.submit(lender.order(PASSWORD="wrong"))

    assert answer.code == "E"


async def test_user_and_password_come_from_the_gateways_own_settings(clock: ManualClock):
    environ = {"GATEWAY_RAKUTEN_USER_ID": "OTHER", "GATEWAY_RAKUTEN_PASSWORD": "other"}
    sandbox = await start_sandbox(clock=clock, banks=["rakuten"], port_base=0, environ=environ)
    try:
        async with ClientSession() as session:
            lender = Lender(session, sandbox.urls["rakuten"], clock)
            as_usual = await lender.submit(lender.order())
            other = await lender.submit(lender.order(USER_ID="OTHER", PASSWORD="other"))
            credentials = await lender.told("GET", "credentials")
    finally:
        await sandbox.close()

    assert (as_usual.code, other.code) == ("B", "0")
    assert credentials == {
        "bank": "rakuten",
        "base_path": "/rakuten/rt",
        "user_id": "OTHER",
        "password": "other",
        "allowed_addresses": ["127.0.0.1", "::1"],
        "tls": None,
    }


async def test_this_bank_keeps_no_clients_keys(lender: Lender):
    status, _ = await lender.control("PUT", "clients", {"keys": []})

    assert status == 404


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("髙橋", b"\xee\xe0\x8b\xb4", id="outside JIS X 0208"),
        pytest.param("①㈱", b"\x87\x40\x87\x8a", id="NEC's row 13"),
        pytest.param("〜−", b"\x81\x60\x81\x7c", id="by JIS X 0208's names"),
        pytest.param("～－", b"\x81\x60\x81\x7c", id="by CP932's names"),
        pytest.param("ﾔﾏﾀﾞ", b"\xd4\xcf\xc0\xde", id="half-width kana"),
        pytest.param("ﾔ☃", b"\xd4\x81\xac", id="in neither table"),
    ],
)
async def test_a_statement_prints_any_name_that_came_in(lender: Lender, name, printed):
    stray = {"direction": "in", "amount": 70, "counterparty": name}
    assert (await lender.control("POST", "movements", stray))[0] == 200

    answer = await lender.statement()

    assert b'"%s"\r\n' % printed in answer.body


async def test_a_rule_that_acted_says_how_often(lender: Lender):
    rule = {"operation": "submit", "nth": 2, "action": {"kind": "code", "code": "C"}}
    await lender.control("PUT", "faults", [rule])
    for _ in range(3):
        await lender.submit(lender.order())

    _, answer = await lender.control("GET", "faults")

    assert [(one["matched"], one["hits"]) for one in answer["rules"]] == [(3, 1)]


async def test_a_request_that_came_in_can_be_read_back(lender: Lender):
    order = lender.order()
    await lender.submit(order)

    _, answer = await lender.control("GET", "requests")

    (heard,) = answer["requests"]
    assert (heard["path"], heard["status"]) == ("/rakuten/rt/furikomi", 200)
    assert f"REF={order['REF']}" in heard["body"]
    assert "PASSWORD=***" in heard["body"]
    assert "sandbox-rakuten-password" not in str(heard)
