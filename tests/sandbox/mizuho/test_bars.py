"""A number that the bank's people have barred: refused from now on, whatever comes under it."""

import pytest

from tests.sandbox.mizuho.lender import Lender, file_of

ABOUT_THE_NUMBER = (1, 0, "受付停止")


async def test_a_barred_number_is_refused_whenever_it_comes(lender: Lender):
    file_id, body = lender.file_id(), file_of([lender.payee()])

    barred = await lender.told("POST", f"files/{file_id}/bar")
    answers = [await lender.submit(body, file_id) for _ in range(2)]

    assert barred == {"file_id": file_id, "status": "barred"}
    assert [(answer.status, answer.fault) for answer in answers] == [(400, ABOUT_THE_NUMBER)] * 2
    assert await lender.movements() == []
    assert (await lender.submit(body)).status == 202


async def test_barring_twice_is_barring_once(lender: Lender):
    file_id = lender.file_id()

    for _ in range(2):
        await lender.told("POST", f"files/{file_id}/bar", {})

    assert (await lender.submit(file_of([lender.payee()]), file_id)).status == 400


async def test_what_the_bank_has_it_does_not_bar_and_says_under_which_receipt(lender: Lender):
    file_id, body = lender.file_id(), file_of([lender.payee()])
    taken = await lender.submit(body, file_id)

    status, answer = await lender.control("POST", f"files/{file_id}/bar")

    assert status == 409
    assert taken.receipt in answer["error"]
    assert (await lender.submit(body, file_id)).status == 409


async def test_a_copy_that_was_on_its_way_when_its_number_was_barred_is_refused(lender: Lender):
    """The rule holds the copy up: its number is barred before the bank comes to it."""
    file_id, body = lender.file_id(), file_of([lender.payee()])
    await lender.told("PUT", "settings", {"time_scale": 1.0})
    await lender.told(
        "PUT", "faults", [{"operation": "submit", "action": {"kind": "delay", "seconds": 0.3}}]
    )

    late = lender.submit(body, file_id)
    await lender.told("POST", f"files/{file_id}/bar")
    answer = await late

    assert (answer.status, answer.fault) == (400, ABOUT_THE_NUMBER)
    assert await lender.movements() == []


@pytest.mark.parametrize("name", ["", "a" * 21, "with blank", "ファイル"])
async def test_what_is_no_number_is_not_barred(lender: Lender, name: str):
    status, answer = await lender.control("POST", f"files/{name}/bar")

    assert status in (400, 404)
    assert answer["error"]


async def test_a_reset_forgets_what_was_barred(lender: Lender):
    file_id, body = lender.file_id(), file_of([lender.payee()])
    await lender.told("POST", f"files/{file_id}/bar")
    await lender.told("POST", "reset")

    assert (await lender.submit(body, file_id)).status == 202


async def test_of_a_file_that_it_has_the_bank_says_no_fault_even_if_a_rule_wants_one(
    lender: Lender,
):
    """It answers a number that it knows without reading the file."""
    file_id, body = lender.file_id(), file_of([lender.payee()])
    await lender.submit(body, file_id)
    await lender.told(
        "PUT", "faults", [{"operation": "submit", "action": {"kind": "code", "code": "400"}}]
    )

    assert (await lender.submit(body, file_id)).status == 409
