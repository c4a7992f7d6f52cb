"""What the emulated PayPay refuses before any business, and in which order."""

from urllib.parse import quote

import pytest

from tests.sandbox.charsets import CHARSETS
from tests.sandbox.paypay.shop import Shop, encoded, mac


def altered(sealed: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    """Change a sealed form behind its MAC's back; a MAC of None is left out like any other."""
    return {key: value for key, value in {**sealed, **changes}.items() if value is not None}


UNREADABLE = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"SHOP_ID", id="no equals sign"),
    pytest.param(b"=SHOP0001", id="no key"),
    pytest.param(b"SHOP_ID=SHOP0001&", id="an empty pair"),
    pytest.param(b"SHOP_ID=%4", id="half an escape"),
    pytest.param(b"SHOP_ID=%zz", id="no hexadecimal digits"),
    pytest.param(b"SHOP_ID=%", id="a percent sign alone"),
    pytest.param(b"SHOP_ID=a b", id="a bare space"),
    pytest.param(b"SHOP_ID=a\r\nb", id="a bare line end"),
    pytest.param("NAME=ﾔﾏﾀﾞ".encode("shift_jis"), id="bytes that should be escaped"),
    pytest.param(b"SHOP_ID=a%26b", id="an escaped &"),
    pytest.param(b"SHOP_ID=a%0Db", id="an escaped CR"),
    pytest.param(b"SHOP_ID=a%0Ab", id="an escaped LF"),
    pytest.param(b"NAME=%85%40", id="a character of cp932 only"),
    pytest.param(b"NAME=%87%40", id="a circled digit of NEC's"),
    pytest.param(b"NAME=%81", id="half a character"),
    pytest.param(b"NONCE=%81", id="half a character for a nonce"),
    pytest.param(quote("NAME=ﾔﾏﾀﾞ", safe="=").encode(), id="UTF-8"),
]


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_unreadable_form_is_a_format_error(shop: Shop, body):
    answer = await shop.send("/payout", body)

    assert (answer.status, answer.code, answer.is_sealed) == (200, "E01", True)
    assert answer.fields["REQ_NONCE"] == ""


async def test_a_key_twice_is_a_format_error_whatever_the_mac(shop: Shop):
    sealed = shop.sealed(shop.order())

    answer = await shop.send("/payout", encoded(sealed) + b"&AMOUNT=10000")

    assert (answer.code, answer.fields["REQ_NONCE"]) == ("E01", sealed["NONCE"])


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/plain", id="no form"),
        pytest.param("application/x-www-form-urlencoded; boundary=x", id="a parameter of others"),
        pytest.param("application/x-www-form-urlencoded2", id="a longer name"),
    ],
)
async def test_another_content_type_is_a_format_error(shop: Shop, content_type):
    body = encoded(shop.sealed(shop.order()))

    answer = await shop.send("/payout", body, content_type=content_type)

    assert answer.code == "E01"


@pytest.mark.parametrize("charset", CHARSETS)
async def test_a_charset_beside_a_form_makes_it_no_other_type(shop: Shop, charset):
    body = encoded(shop.sealed(shop.order()))

    answer = await shop.send(
        "/payout", body, content_type=f"application/x-www-form-urlencoded{charset}"
    )

    assert answer.fields["RESULT"] == "0"


async def test_a_query_and_another_method_are_format_errors(shop: Shop):
    body = encoded(shop.sealed(shop.order()))

    codes = [
        (await shop.send("/payout?a=b", body)).code,
        (await shop.send("/payout", body, method="PUT")).code,
        (await shop.send("/nothing", encoded(shop.sealed(shop.order())))).code,
    ]

    assert codes == ["E01", "E01", "E01"]


async def test_more_than_a_mebibyte_is_a_format_error(shop: Shop):
    answer = await shop.send("/payout", b"SHOP_ID=" + b"A" * (1024 * 1024))

    assert answer.code == "E01"


ORDER_OF_CHECKS = [
    pytest.param({"DATETIME": None, "SHOP_ID": "OTHER"}, False, "E01", id="no DATETIME"),
    pytest.param({"NONCE": None, "SHOP_ID": "OTHER"}, False, "E01", id="no NONCE"),
    pytest.param({"MAC": None, "SHOP_ID": "OTHER"}, False, "E01", id="no MAC"),
    pytest.param({"SHOP_ID": "OTHER", "MAC": "0" * 64}, False, "E03", id="shop before MAC"),
    pytest.param({"SHOP_ID": None}, True, "E03", id="no shop"),
    pytest.param({"AMOUNT": "10001", "NONCE": "x"}, False, "E02", id="MAC before the nonce"),
    pytest.param({"AMOUNT": "0"}, False, "E02", id="MAC before the fields"),
    pytest.param({"MAC": ""}, False, "E02", id="an empty MAC"),
    pytest.param({"DATETIME": "2026112510000"}, True, "E01", id="13 digits"),
    pytest.param({"DATETIME": "20261131100000"}, True, "E01", id="no such day"),
    pytest.param({"DATETIME": "２０２６１１２５１００000"}, True, "E01", id="full-width digits"),
    pytest.param({"NONCE": "0123456789ABCDEF"}, True, "E01", id="upper case"),
    pytest.param({"NONCE": "0123456789abcde"}, True, "E01", id="15 digits"),
    pytest.param({"DATETIME": "20261125095459"}, True, "E02", id="301 s late"),
    pytest.param(
        {"DATETIME": "20261125095459", "AMOUNT": "0"}, True, "E02", id="stale, then fields"
    ),
    pytest.param({"DATETIME": "20261125095500"}, True, None, id="300 s late"),
    pytest.param({"DATETIME": "20261125100500"}, True, None, id="300 s early"),
    pytest.param({"DATETIME": "20261125100501"}, True, "E02", id="301 s early"),
]


@pytest.mark.parametrize(("changes", "is_resealed", "code"), ORDER_OF_CHECKS)
async def test_checks_are_made_in_the_profiles_order(shop: Shop, changes, is_resealed, code):
    fields = altered(shop.sealed(shop.order()), changes)
    if is_resealed:
        fields["MAC"] = mac(fields)

    answer = await shop.send("/payout", encoded(fields))

    assert (answer.code, answer.is_sealed) == (code, True)


async def test_a_nonce_is_used_once_whatever_the_call(shop: Shop):
    nonce = {"NONCE": "00000000000000aa"}
    await shop.inquire("A" * 20, **nonce)

    again = await shop.submit(shop.order(**nonce))

    assert again.code == "E02"


async def test_a_recorded_request_cannot_be_sent_again(shop: Shop):
    body = encoded(shop.sealed(shop.order()))

    codes = [(await shop.send("/payout", body)).code for _ in range(2)]

    assert codes == [None, "E02"]


async def test_a_forged_request_uses_up_no_nonce(shop: Shop):
    sealed = shop.sealed(shop.order())

    forged = await shop.send("/payout", encoded(sealed | {"AMOUNT": "1"}))
    honest = await shop.send("/payout", encoded(sealed))

    assert (forged.code, honest.code) == ("E02", None)


async def test_freshness_is_judged_by_the_nearer_of_the_banks_and_the_machines_clock(shop: Shop):
    await shop.told("PUT", "clock", {"shift_s": 86_400})

    by_the_machine = await shop.submit(shop.order())
    by_the_bank = await shop.submit(shop.order(DATETIME=shop.now(86_400)))
    by_neither = await shop.submit(shop.order(DATETIME=shop.now(43_200)))

    assert (by_the_machine.code, by_the_bank.code, by_neither.code) == (None, None, "E02")


FIELDS = [
    pytest.param({"TRAN_ID": "A" * 19}, id="19 characters"),
    pytest.param({"TRAN_ID": "a" * 20}, id="lower case"),
    pytest.param({"AMOUNT": "0"}, id="nothing"),
    pytest.param({"AMOUNT": "010000"}, id="a leading zero"),
    pytest.param({"AMOUNT": "-1"}, id="negative"),
    pytest.param({"AMOUNT": "12345678901"}, id="11 digits"),
    pytest.param({"AMOUNT": "１００"}, id="full-width digits"),
    pytest.param({"AMOUNT": ""}, id="empty"),
    pytest.param({"AMOUNT": None}, id="missing"),
    pytest.param({"BRANCH": "02"}, id="branch of two digits"),
    pytest.param({"KIND": "3"}, id="unknown kind"),
    pytest.param({"ACCOUNT": "123456"}, id="six digits"),
    pytest.param({"NAME": "ヤマダ"}, id="full-width name"),
    pytest.param({"NAME": "ﾔﾏﾀﾞ,ﾀﾛｳ"}, id="comma"),
    pytest.param({"NAME": "ﾔﾏﾀﾞ ﾀﾛｳｦ"}, id="ｦ"),
    pytest.param({"NAME": "ﾞﾔﾏﾀ"}, id="a mark without its kana"),
    pytest.param({"NAME": "ｱ" * 31}, id="31 bytes"),
    pytest.param({"NAME": ""}, id="no name"),
    pytest.param({"MEMO": ""}, id="an unknown field"),
    pytest.param({"tran_id": "A" * 20}, id="a field in lower case"),
]


@pytest.mark.parametrize("change", FIELDS)
async def test_a_field_that_is_not_the_profiles_is_a_format_error(shop: Shop, change):
    answer = await shop.submit(shop.order() | change)

    assert (answer.status, answer.code, answer.is_sealed) == (200, "E01", True)
    assert await shop.movements() == []


async def test_format_is_checked_before_hours_and_duplicates(shop: Shop):
    order = shop.order()
    await shop.submit(order)

    codes = [
        (await shop.submit(order | {"AMOUNT": "0"})).code,
        (await shop.submit(shop.order(ACCOUNT="0000009", AMOUNT="0"))).code,
        (await shop.submit(order | {"ACCOUNT": "0000009"})).code,
    ]

    assert codes == ["E01", "E01", "E04"]


async def test_throttling_comes_before_everything_else(shop: Shop):
    await shop.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await shop.submit(shop.order())

    forged = await shop.post("/payout", shop.order(MAC="0" * 64))
    unreadable = await shop.send("/payout", b"%")

    assert (forged.code, unreadable.code) == ("E06", "E06")


async def test_a_plus_is_a_space_too_and_the_mac_is_over_the_space(shop: Shop):
    body = encoded(shop.sealed(shop.order()))
    assert b"%20" in body

    answer = await shop.send("/payout", body.replace(b"%20", b"+"))

    assert answer.code is None


async def test_empty_values_take_part_in_the_mac(shop: Shop):
    order = shop.order(MEMO="")
    sealed = shop.sealed(order)
    without = mac({key: value for key, value in sealed.items() if key not in {"MAC", "MEMO"}})

    left_out = await shop.send("/payout", encoded(sealed | {"MAC": without}))
    taken_in = await shop.send("/payout", encoded(sealed))

    assert (left_out.code, taken_in.code) == ("E02", "E01")


async def test_every_answer_carries_a_nonce_of_its_own_and_the_banks_time(shop: Shop):
    answers = [await shop.inquire("A" * 20) for _ in range(20)]

    assert len({answer.fields["NONCE"] for answer in answers}) == 20
    assert all(len(bytes.fromhex(answer.fields["NONCE"])) == 8 for answer in answers)
    assert {answer.fields["DATETIME"] for answer in answers} == {"20261125100000"}


async def test_another_shop_and_secret_come_from_the_gateways_own_settings(shop: Shop):
    credentials = await shop.told("GET", "credentials")

    assert credentials["shop_id"] == "SHOP0001"
    assert credentials["mac_secret"] == "sandbox-paypay-mac-secret"


async def test_this_bank_keeps_no_clients_keys(shop: Shop):
    status, _ = await shop.control("PUT", "clients", {"keys": []})

    assert status == 404


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("髙﨑①", "髙﨑①".encode("cp932"), id="outside JIS X 0208"),
        pytest.param("〜−", b"\x81\x60\x81\x7c", id="by JIS X 0208's names"),
        pytest.param("ﾔ☃", b"\xd4\x81\xac", id="in neither table"),
    ],
)
async def test_a_statement_prints_any_name_that_came_in(shop: Shop, name, printed):
    stray = {"direction": "in", "amount": 70, "counterparty": name}
    assert (await shop.control("POST", "movements", stray))[0] == 200

    answer = await shop.statement()

    assert b",%s\r\n" % printed in answer.body
