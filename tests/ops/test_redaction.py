"""Marked secrets, put where they could turn up, are not in what a record becomes."""

import timeit
from datetime import datetime
from uuid import UUID

import pytest

from gateway.domain.hours import JST
from gateway.ops.redaction import MASK, UNLISTED, Redaction, message_of

TRANSFER = UUID("01936dd2-3d40-7000-8000-0123456789ab")
redact = Redaction(["sandbox-smbc-api-key", "short"])


def shown(**fields: object) -> dict[str, object]:
    return dict(redact(None, "info", fields))


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("1234567", id="an account number"),
        pytest.param("00091234567", id="a bank code and an account number"),
        pytest.param("１２３４５６７", id="full-width digits"),
        pytest.param("4111 1111 1111 1111", id="a card number in groups"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", id="a half-width kana name"),
        pytest.param("ヤマダ　タロウ", id="a full-width kana name"),
        pytest.param("山田 太郎", id="a kanji name"),
        pytest.param(r"\xef\xbe\x94\xef\xbe\x8f", id="a name in a repr of bytes"),
        pytest.param(r"\uff94\uff8f\uff80", id="a name in JSON escapes"),
        pytest.param("%EF%BE%94%EF%BE%8F", id="a name in a query"),
        pytest.param("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", id="a JWT"),
        pytest.param("k3Jd8-_aQ2mZxP0vR7tYb6Wn4Lc9Hs1EfGuTiOpKjMN", id="an opaque token"),
        pytest.param("sandbox-smbc-api-key", id="one of our own secrets"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "refused: {} is wrong", "a={}&b=1", '{{"x": "{}"}}'])
@pytest.mark.parametrize("field", ["error", "bank", "request_id", "reference", "logger", "event"])
def test_a_secret_is_masked_in_whatever_field_it_stands(
    secret: str, around: str, field: str
) -> None:
    assert secret not in str(shown(**{field: around.format(secret)})[field])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("Authorization: Bearer abc.def", "abc", id="an Authorization header"),
        pytest.param("sent Bearer q1w2e3", "q1w2e3", id="a bearer token"),
        pytest.param("Cookie: __Host-session=q1w2e3; x=y", "q1w2e3", id="a cookie"),
        pytest.param("x-api-key: q1w2e3", "q1w2e3", id="an API key"),
        pytest.param('{"pin": "4711"}', "4711", id="a PIN in JSON"),
        pytest.param("pin=4711", "4711", id="a PIN in a form"),
        pytest.param("password='hunter 2'", "hunter", id="a password"),
        pytest.param("postgresql://app:s3cret@db/x", "s3cret", id="a database address"),
    ],
)
def test_what_follows_a_word_that_announces_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in str(shown(logger=text)["logger"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("transfer_id", str(TRANSFER), id="a row id"),
        pytest.param("transfer_id", f"tr_{TRANSFER.hex}", id="a public id"),
        pytest.param("transfer_id", "01936dd23d40700080000123456789ab", id="an id's hex digits"),
        pytest.param("reference", "2222222234567ABCDEFG", id="a reference"),
        pytest.param("member_ref", "1234567890123456", id="a keyed hash"),
        pytest.param("trace_id", "0" * 31 + "1", id="a trace id"),
        pytest.param("timestamp", "2026-11-25T01:00:00.123Z", id="an instant"),
        pytest.param("account", "****567", id="an account number's last digits"),
        pytest.param("bank", "smbc", id="a bank"),
        pytest.param("duration_ms", 1234567.5, id="a long duration"),
    ],
)
def test_what_operators_need_is_shown(field: str, value: object) -> None:
    assert shown(**{field: value}) == {field: value}


def test_ids_inside_a_sentence_are_shown() -> None:
    text = f"no transfer tr_{TRANSFER.hex} ({TRANSFER})"

    assert shown(logger=text) == {"logger": text}


def test_a_field_that_nobody_listed_is_hidden() -> None:
    assert shown(holder="YAMADA TARO", pin=4711) == {"holder": UNLISTED, "pin": UNLISTED}


def test_a_number_long_enough_to_be_an_account_is_masked_where_no_number_belongs() -> None:
    assert shown(bank=1234567, attempt=1234567) == {"bank": MASK, "attempt": 1234567}


def test_nested_values_follow_the_same_rules() -> None:
    fields = {"error": {"bank": "smbc", "holder": "YAMADA", "code": ["1234567", "ok"]}}

    assert shown(**fields) == {"error": {"bank": "smbc", "holder": UNLISTED, "code": [MASK, "ok"]}}


def test_an_object_shows_its_type_only() -> None:
    class Account:
        def __repr__(self) -> str:
            return "Account(holder='YAMADA TARO')"

    assert shown(error=Account()) == {"error": "[Account]"}


def test_instants_and_ids_become_text() -> None:
    at = datetime(2026, 11, 25, 10, tzinfo=JST)

    assert shown(until=at, transfer_id=TRANSFER) == {
        "until": "2026-11-25T10:00:00+09:00",
        "transfer_id": str(TRANSFER),
    }


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        pytest.param("invalid literal for int(): 'abcd'", f"invalid literal for int(): {MASK}"),
        pytest.param(
            "duplicate key\nDETAIL: Key (number)=(1)", "duplicate key", id="details are on line two"
        ),
        pytest.param("Key (pin)=(4711) exists", f"Key (pin){MASK} exists", id="a key's value"),
    ],
)
def test_an_exception_shows_its_first_line_without_what_it_quotes(message: str, kept: str) -> None:
    assert message_of(ValueError(message)) == kept


@pytest.mark.parametrize("part", ["a=", "a-", "1234-", "ﾔ ", "\\x4", "eyJ.", "pin ", "://a:"])
def test_a_long_text_is_masked_at_once(part: str) -> None:
    """A client chooses part of some texts; one with look-aheads once took a second here."""
    seconds = min(timeit.repeat(lambda: shown(logger=part * 4_000), number=1))

    assert seconds < 0.2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a_long_name_of_a_function_or_of_a_test", True, id="letters only"),
        pytest.param("-" * 40, True, id="a rule"),
        pytest.param("1234567" + "-" * 40, False, id="digits and no letters"),
        pytest.param("1234-1234-1234-" + "-" * 40, False, id="groups and no letters"),
    ],
)
def test_a_long_run_without_both_letters_and_digits_is_no_token(text: str, kept: bool) -> None:
    assert (shown(logger=text)["logger"] == text) is kept
