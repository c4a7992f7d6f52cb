"""PIN hashes: slow, peppered, renewed when the parameters change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from gateway.domain.errors import Busy
from gateway.services.pins import WAITING_MAX, PinVault
from tests.http.conftest import Client, CountingVault

PEPPER = b"pepper"


@pytest.fixture
async def vault() -> AsyncIterator[PinVault]:
    vault = await asyncio.to_thread(PinVault, PEPPER)
    yield vault
    vault.close()


async def test_a_pin_fits_its_own_hash_only(vault: PinVault) -> None:
    pin_hash = await vault.hash("4926")

    assert (await vault.check("4926", pin_hash)).is_right
    assert not (await vault.check("4927", pin_hash)).is_right


async def test_a_hash_without_the_pepper_is_worthless(vault: PinVault) -> None:
    pin_hash = await vault.hash("4926")
    other = await asyncio.to_thread(PinVault, b"another pepper")

    assert not (await other.check("4926", pin_hash)).is_right
    other.close()


@pytest.mark.parametrize("stored", [None, "", "none", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"])
async def test_what_is_no_hash_fits_nothing(vault: PinVault, stored: str | None) -> None:
    assert not (await vault.check("no member has this PIN", stored)).is_right


async def test_a_hash_of_weaker_parameters_is_made_anew(vault: PinVault) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    stored = weak.hash(vault._peppered("4926"))

    verdict = await vault.check("4926", stored)

    assert verdict.is_right
    assert verdict.new_hash is not None
    assert "m=19456,t=2,p=1" in verdict.new_hash
    assert (await vault.check("4926", verdict.new_hash)).new_hash is None


async def test_more_logins_than_can_wait_are_told_to_come_again(vault: PinVault) -> None:
    with ExitStack() as places:
        for _ in range(WAITING_MAX):
            places.enter_context(vault.place())

        with pytest.raises(Busy), vault.place():
            pass

    with vault.place():
        assert not (await vault.check("4926", None)).is_right


async def test_a_member_who_finds_the_queue_full_is_not_counted(
    client: Client, pins: CountingVault, member_id: UUID, owner: Any
) -> None:
    with ExitStack() as places:
        for _ in range(WAITING_MAX):
            places.enter_context(pins.place())
        replies = [await client.login() for _ in range(4)]

    assert {(reply.status, reply.body["code"]) for reply in replies} == {(503, "busy")}
    assert (
        await owner.fetchval("SELECT pin_failures FROM members WHERE member_id = $1", member_id)
        == 0
    )
    assert (await client.login()).status == 201
