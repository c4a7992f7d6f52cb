"""Each bank's page has every field of its calls, read from the code of both sides.

Requests are held call by call to what the emulator takes, answers to what the adapter reads and to
what the emulator writes.
"""

import ast
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway.adapters.mufg import instructions
from gateway.adapters.paypay import messages as paypay_answers
from gateway.adapters.smbc import messages as smbc_answers
from gateway.domain.bank import CollectionOrder
from gateway.sandbox.books import NOBODY, Booking, Books, Movement, MovementKind
from gateway.sandbox.mizuho import layouts
from gateway.sandbox.mizuho.payeasy import LinkForm
from gateway.sandbox.mizuho.records import Layout
from gateway.sandbox.paypay import authentication as paypay_envelope
from gateway.sandbox.paypay import messages as paypay
from gateway.sandbox.paypay.statement import sheet
from gateway.sandbox.rakuten import answers as rakuten_answers
from gateway.sandbox.rakuten import authentication as rakuten_envelope
from gateway.sandbox.rakuten import messages as rakuten
from gateway.sandbox.rakuten.statement import statement_page
from gateway.sandbox.registry import BANKS
from gateway.sandbox.smbc import messages as smbc
from tests.adapters.stand_ins import ORDER
from tests.architecture.project import PROJECT, python_files, shown
from tests.manual_clock import START

Fields = dict[tuple[str, str], set[str]]
TOKEN = re.compile(r"`([^`]+)`")
HEADER = re.compile(r"""b?["'](X-[A-Za-z0-9-]+|Retry-After|Location)["']""", re.IGNORECASE)
BOOKS = Books(
    settlement=BANKS["rakuten"].settlement,
    by_day={
        START.date(): [
            Movement(1, Booking(MovementKind.CREDIT, "", 5, START, "L1", NOBODY, "ﾌﾟﾛﾐｽ"))
        ]
    },
)
ELEMENT = re.compile("[A-Z][A-Za-z]*[a-z][A-Za-z]*")
READ_BY = {"one", "maybe", "text", "maybe_text", "every"}
WRITTEN_BY = {"text", "group", "path", "yen", "agent", "document"}
FORMS = 6  # pay-out, name, start, statement, and two inquiries
COLLECTION = CollectionOrder(
    reference=ORDER.reference,
    amount=ORDER.amount,
    description="ご返済",
    return_url="https://lender.example/back",
    callback_url="https://lender.example/callbacks",
    expires_at=START + timedelta(minutes=5),
)
SMBC_CALLS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "POST /transfers": (smbc.TransferOrder, smbc_answers.TransferAnswer),
    "GET /transfers": (smbc.ReferenceQuestion, smbc_answers.TransferState),
    "POST /payment-orders": (smbc.PaymentOrder, smbc_answers.OrderAnswer),
    "GET /payment-orders": (smbc.ReferenceQuestion, smbc_answers.OrderState),
    "POST /accounts/verification": (smbc.NameQuestion, smbc_answers.Holder),
    "GET /settlement-account/transactions": (smbc.StatementQuestion, smbc_answers.StatementPage),
}
PAYPAY_ANSWERS = {
    "/payout": paypay_answers.PAYOUT,
    "/payout/inquiry": paypay_answers.PAYOUT_STATE,
    "/name": paypay_answers.HOLDER,
    "/inquiry": paypay_answers.COLLECTION_STATE,
}
LAYOUTS = {
    f"{name.rpartition('_')[2]} {name.rpartition('_')[0].lower().replace('_', ' ')}": layout
    for name, layout in vars(layouts).items()
    if isinstance(layout, Layout)
}


def tabled(bank: str) -> list[tuple[set[str], str, set[str], str]]:
    """Return the rows of a page's table: calls, way, fields, form."""
    page = (PROJECT / "docs" / "banks" / f"{bank}.md").read_text("utf-8")
    section = page.partition("\n## Fields\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if "|" in line][2:]
    return [(set(TOKEN.findall(a)), b, set(TOKEN.findall(c)), d) for a, b, c, d in lines]


def by_call(bank: str, way: str) -> Fields:
    found: Fields = defaultdict(set)
    for calls, said, fields, form in tabled(bank):
        if said in {way, "both ways"} and not form.startswith("header"):
            for call in calls:
                found[call, way] |= fields
    return found


def every_field(bank: str) -> set[str]:
    return {field for _, _, fields, _ in tabled(bank) for field in fields}


def names_of(model: type[BaseModel]) -> Iterator[str]:
    """Yield the names of a message's fields as they are written, and of those within them."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in _models_in(field.annotation):
            yield from names_of(part)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models_in(part)


def concrete(module: object, base: type[BaseModel]) -> set[type[BaseModel]]:
    """Return the messages of that kind which a module makes."""
    kinds = (kind for kind in vars(module).values() if isinstance(kind, type))
    return {kind for kind in kinds if issubclass(kind, base) and kind is not base}


def keys_written(places: Iterable[Path], form: str) -> set[str]:
    """Return the keys of that form which stand in these modules' dictionaries."""
    return {
        key.value
        for path in places
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and re.fullmatch(form, key.value)
    }


@pytest.mark.parametrize("bank", BANKS)
def test_every_row_says_the_form_of_a_field(bank):
    rows = tabled(bank)

    assert len(rows) >= 10
    assert [row for row in rows if not (row[0] and row[1] and row[2] and row[3].strip())] == []


@pytest.mark.parametrize("bank", BANKS)
def test_every_header_of_both_sides_is_in_the_table(bank):
    places = [*python_files(f"gateway/sandbox/{bank}"), *python_files(f"gateway/adapters/{bank}")]
    named = {
        header.lower() for path in places for header in HEADER.findall(path.read_text("utf-8"))
    }

    assert named - {field.lower() for field in every_field(bank)} == set()


def test_smbcs_requests_are_in_the_table_call_by_call():
    asked = {(call, "request"): set(names_of(form)) for call, (form, _) in SMBC_CALLS.items()}
    used = {pair[0] for pair in SMBC_CALLS.values()} | {smbc.CreditorAccount}

    assert concrete(smbc, smbc.CamelModel) == used
    assert by_call("smbc", "request") == asked
    assert len(asked["POST /transfers", "request"]) == 11


def test_smbcs_answers_are_in_the_table_call_by_call():
    said = by_call("smbc", "answer")

    for call, (_, answer) in SMBC_CALLS.items():
        # What the bank says and we do not read is there too.
        assert said[call, "answer"] - {"payerName"} == set(names_of(answer)), call
    assert by_call("smbc", "from the bank")["callback", "from the bank"] == set(
        names_of(smbc_answers.Event)
    )
    assert by_call("smbc", "refusal")["every call", "refusal"] - {"message"} == set(
        names_of(smbc_answers.ErrorAnswer)
    )
    written = keys_written(python_files("gateway/sandbox/smbc"), "[a-z]+([A-Z][a-z]+)+")
    assert written - every_field("smbc") - {"remitterName", "holderName"} == set()


@pytest.mark.parametrize(
    ("bank", "module", "envelope"),
    [
        ("paypay", paypay, {*paypay_envelope.ENVELOPE, "SHOP_ID"}),
        ("rakuten", rakuten, set(rakuten_envelope.ENVELOPE)),
    ],
    ids=["paypay", "rakuten"],
)
def test_the_fields_of_every_form_are_in_the_table_call_by_call(bank, module, envelope):
    forms = {
        (call, "request"): set(names_of(form)) - envelope
        for form in concrete(module, module.FormModel)
        for call in TOKEN.findall(form.__doc__ or "")
    }

    assert len(forms) == FORMS
    assert by_call(bank, "request") == {**forms, ("every call", "request"): envelope}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("/furikomi", rakuten_answers.money("1", START)),
        ("/furikomi/shokai", rakuten_answers.status("1")),
        ("/kessai/shokai", rakuten_answers.status("1")),
        ("/meigi", rakuten_answers.pair("1")),
        ("/kessai/start", rakuten_answers.pair("1")),
        ("/meisai", statement_page(BOOKS, START.date(), 1)),
    ],
    ids=["pay-out", "inquiry", "inquiry of a collection", "name", "start", "statement"],
)
def test_rakutens_answers_have_as_many_columns_as_the_table_says(call, answer):
    lines = answer.body.decode("cp932").split("\r\n")[:-1]
    tabled_fields = by_call("rakuten", "answer")[call, "answer"]

    assert len(tabled_fields) == sum(line.count('","') + 1 for line in lines)


def test_paypays_answers_are_in_the_table_call_by_call():
    said = by_call("paypay", "answer")
    envelope = paypay_answers.ENVELOPE

    for call, layout in PAYPAY_ANSWERS.items():
        assert said[call, "answer"] - {"TRAN_ID"} == layout.needed | layout.optional, call
    whole = said["every call", "answer"] | by_call("paypay", "both ways")["every call", "both ways"]
    assert whole == envelope
    refusal, callback = paypay_answers.REFUSAL, paypay_answers.CALLBACK
    assert by_call("paypay", "refusal")["every call", "refusal"] == {
        "DATETIME", "NONCE", "MAC", *refusal.needed, *refusal.optional,
    }  # fmt: skip
    told = by_call("paypay", "from the bank")["callback", "from the bank"]
    assert told == callback.needed | callback.optional
    written = keys_written(python_files("gateway/sandbox/paypay"), "[A-Z]+(_[A-Z]+)*")
    assert written - every_field("paypay") == set()


def test_paypays_statement_has_as_many_columns_as_the_table_says():
    lines = sheet(BOOKS, START.date()).decode("cp932").split("\r\n")[:-1]

    columns = by_call("paypay", "answer")["/meisai", "answer"]
    assert len(columns) == sum(line.count(",") + 1 for line in lines)


def test_mizuhos_refusals_are_in_the_table():
    written = keys_written([PROJECT / "gateway/sandbox/mizuho/checks.py"], "[a-z]+")

    assert by_call("mizuho", "refusal")["every call", "refusal"] == written


@pytest.mark.parametrize(("record", "layout"), LAYOUTS.items(), ids=LAYOUTS)
def test_mizuhos_records_are_in_the_table_with_length_and_place(record, layout):
    rows = [(fields, form) for calls, _, fields, form in tabled("mizuho") if calls == {record}]
    expected = [
        ({field.name}, f"{'N' if field.is_number else 'C'}{field.length}@{field.offset}")
        for field in layout.fields
    ]

    assert rows == expected


def test_mizuhos_link_form_is_in_the_table():
    form = by_call("mizuho", "request")["POST /payeasy/link", "request"]

    assert form == set(names_of(LinkForm))


@pytest.mark.parametrize(
    ("message", "content", "order"),
    [
        ("pain.001", instructions.payment, ORDER),
        ("pain.013", instructions.collection, COLLECTION),
    ],
    ids=["pain.001", "pain.013"],
)
def test_every_element_that_we_send_mufg_is_in_the_table_of_its_message(message, content, order):
    account = instructions.SettlementAccount("001", "1", "9000001")
    elements = list(ET.fromstring(content(order, account, START)).iter())  # noqa: S314 - ours
    sent = {element.tag.rpartition("}")[2] for element in elements} - {"Document"}
    sent |= {name for element in elements for name in element.attrib}

    assert by_call("mufg", "request")[message, "request"] == sent


def said_of(messages: set[str]) -> set[str]:
    """Return what the table has of what the bank sends under these names."""
    rows = [row for row in tabled("mufg") if row[1] != "request" and row[0] & messages]
    return {field for _, _, fields, _ in rows for field in fields}


def elements_named(place: str, callers: Collection[str]) -> set[str]:
    """Return the elements that a module names in its calls of these functions."""
    return {
        name
        for node in ast.walk(ast.parse((PROJECT / place).read_text("utf-8")))
        if isinstance(node, ast.Call) and _called(node.func) in callers
        for word in node.args
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
        for name in word.value.split("/")
        if ELEMENT.fullmatch(name)
    }


@pytest.mark.parametrize(
    ("messages", "reader", "writers"),
    [
        ({"pain.002", "pain.014"}, "reports", ("reports",)),
        ({"camt.053", "camt.054"}, "entries", ("entries", "statement", "notifications")),
    ],
    ids=["pain", "camt"],
)
def test_every_element_that_mufg_sends_is_in_the_table_of_its_message(messages, reader, writers):
    read = elements_named(f"gateway/adapters/mufg/{reader}.py", READ_BY)
    written = {
        name
        for writer in writers
        for name in elements_named(f"gateway/sandbox/mufg/{writer}.py", WRITTEN_BY)
    }

    assert len(read) >= 15
    assert len(written) >= 15
    assert (read | written) - said_of(messages) == set()


def test_every_element_that_mufg_writes_anywhere_is_in_the_table():
    places = [shown(path) for path in python_files("gateway/sandbox/mufg")]
    written = {name for place in places for name in elements_named(place, WRITTEN_BY)}

    assert written - every_field("mufg") == set()


def _called(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))
