"""What banks call with is described as the adapters read it."""

import re

import pytest

from gateway.adapters.mizuho.callbacks import DIGEST
from gateway.adapters.mufg.channel import XML_UTF8
from gateway.adapters.mufg.notices import SIGNATURE as MUFG_SIGNATURE
from gateway.adapters.paypay.callback import ENVELOPE, FORM
from gateway.adapters.paypay.messages import CALLBACK
from gateway.adapters.smbc.channel import JSON_UTF8
from gateway.adapters.smbc.channel import SIGNATURE as SMBC_SIGNATURE
from gateway.adapters.smbc.messages import Event
from gateway.conformance.suite import EXPECTED
from gateway.domain.account import BankCode
from gateway.http.openapi.callbacks import FORMATS
from tests.http.described import document

OPERATION = document()["paths"]["/callbacks/{bank}"]["post"]


@pytest.mark.parametrize(
    ("bank", "declared", "signed_in"),
    [
        (BankCode.SMBC, JSON_UTF8, SMBC_SIGNATURE),
        (BankCode.MUFG, XML_UTF8, MUFG_SIGNATURE),
        (BankCode.PAYPAY, FORM, None),
        (BankCode.MIZUHO, None, DIGEST),
    ],
)
def test_each_bank_calls_in_its_own_type_with_its_own_signature(
    bank: BankCode, declared: re.Pattern[str] | str | None, signed_in: str | None
) -> None:
    form = FORMATS[bank]

    charset = "; charset=utf-8" if bank is not BankCode.PAYPAY else ""
    assert declared is None or re.fullmatch(declared, form.media_type + charset)
    assert (form.signed_in or "").lower() == (signed_in or "").lower()
    assert form.media_type in OPERATION["requestBody"]["content"]


def test_the_fields_of_a_call_are_those_that_are_read() -> None:
    content = OPERATION["requestBody"]["content"]
    smbc, paypay = (
        content[FORMATS[bank].media_type]["schema"] for bank in (BankCode.SMBC, BankCode.PAYPAY)
    )
    read = {field.alias: field.is_required() for field in Event.model_fields.values()}

    assert set(smbc["properties"]) == set(read)
    assert set(smbc["required"]) == {name for name, is_required in read.items() if is_required}
    assert set(paypay["required"]) == CALLBACK.needed | ENVELOPE
    assert set(paypay["properties"]) == CALLBACK.needed | CALLBACK.optional | ENVELOPE


def test_each_bank_that_calls_is_told_with_its_page() -> None:
    told = OPERATION["requestBody"]["description"]

    for bank in FORMATS:
        assert f"docs/banks/{bank}.md" in told
    assert set(FORMATS) == {
        bank
        for bank, expected in EXPECTED.items()
        if expected.calls_back_returns or expected.calls_back_collections
    }
