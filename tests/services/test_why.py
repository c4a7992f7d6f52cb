"""`ops why` takes any balance of any account apart, to the yen, as it was known at any instant."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.ledger import NIL_MEMBER, settlement_cash
from gateway.domain.review import Resolution
from gateway.domain.why import PartKind
from gateway.ops.render_why import why_json
from gateway.profiles import bank_profiles
from gateway.services.why import Why, why
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_resolve_review import number_of, only_item, resolve
from tests.services.test_transfers import accepted
from tests.services.why_world import WhyWorld

TARIFFS = {bank: profile.tariff for bank, profile in bank_profiles().items()}
RECOMPUTE = Path(__file__).parents[2] / "scripts/recompute_interest"
CASH = settlement_cash(BANK)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def asked(morning: Morning, name: str, **changes: Any) -> Why:
    now = morning.clock.now()
    said: dict[str, Any] = {"on": now.date() + timedelta(days=400), "known_at": now}
    return await why(morning.desk.db, name, **({"tariffs": TARIFFS} | said | changes))


def kinds(told: Why) -> list[tuple[PartKind, int]]:
    return [(part.kind, part.amount) for part in told.parts]


@pytest.mark.parametrize("seed", range(3))
async def test_every_account_is_explained_to_the_yen_on_every_day_and_at_every_instant(
    morning: Morning, owner: Any, seed: int, tmp_path: Path
) -> None:
    world = WhyWorld(morning, owner, Random(seed))  # noqa: S311 - a world, not a secret
    await world.enrol(3)
    await world.live(12)
    end = morning.clock.now()
    answers: list[Path] = []

    for name in await world.accounts():
        for days, back in ((400, 0), (400, 20), (10, 0), (25, 15)):
            on, known_at = TODAY + timedelta(days=days), end - timedelta(days=back)
            told = await why(morning.desk.db, name, on=on, known_at=known_at, tariffs=TARIFFS)

            assert told.balance == await world.posted(name, on, known_at)
            assert told.difference == 0
            assert [part for part in told.parts if part.kind is PartKind.UNEXPLAINED] == []
            assert all(part.on <= on and part.recorded_at <= known_at for part in told.parts)
            answers.append(tmp_path / f"{len(answers)}.json")
            answers[-1].write_text(json.dumps(why_json(told)))

    ran = subprocess.run(  # noqa: ASYNC221, S603 - our own script, nothing else runs meanwhile
        [sys.executable, RECOMPUTE, *answers], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert int(ran.stdout.split()[0]) > 20


async def test_an_advance_is_the_members_wish_with_its_line(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member, amount=50_000)
    morning.bank.state(transfer.reference, OUT, 50_000)
    await morning.reconcile()

    told = await asked(morning, f"{await number_of(owner, member)}:principal")

    (part,) = told.parts
    assert (part.kind, part.amount) == (PartKind.WISH, 50_000)
    assert part.source.wish is not None
    assert part.source.line is not None
    assert (part.source.wish.id, part.source.line.bank_id) == (transfer.id, "line-1")


async def test_a_stray_is_a_line_until_two_people_say_whose_it_is(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    before = morning.clock.now()
    assert kinds(await asked(morning, "unidentified")) == [(PartKind.LINE, -5_000)]
    morning.clock.advance(3_600)
    number = await number_of(owner, member)

    await resolve(morning, await only_item(morning), Resolution.PAYMENT, member=number)

    told = await asked(morning, "unidentified")
    assert kinds(told) == [(PartKind.LINE, -5_000), (PartKind.ACT, 5_000)]
    act = told.parts[1].source.act
    assert act is not None
    assert (act.resolution, act.proposed_by, act.confirmed_by) == ("payment", "sato", "suzuki")
    assert len(act.audit) == 2
    then = await asked(morning, "unidentified", known_at=before)
    assert (then.balance, kinds(then)) == (-5_000, [(PartKind.LINE, -5_000)])


async def test_a_banks_charge_is_what_the_tariff_says(morning: Morning, member: Member) -> None:
    profile = morning.desk.profiles[BankCode.SMBC]
    rows = tuple(
        replace(row, fee=type(row.fee)(110)) if row.payer == "lender" else row
        for row in profile.tariff.rows
    )
    tariff = replace(profile.tariff, rows=rows)
    desk = replace(morning.desk, profiles={BANK: replace(profile, tariff=tariff)})
    await accepted(desk, member, amount=50_000)

    by_it = await asked(morning, "bank_charges_payable:smbc", tariffs={BANK: tariff})
    by_another = await asked(morning, "bank_charges_payable:smbc", tariffs={BANK: profile.tariff})

    assert kinds(by_it) == [(PartKind.RULE, -110)]
    assert by_it.parts[0].charge is not None
    assert sum(amount for _, amount in kinds(by_another)) == -110
    assert PartKind.UNEXPLAINED in {kind for kind, _ in kinds(by_another)}


async def test_a_yen_that_nothing_explains_is_shown(
    morning: Morning, member: Member, owner: Any
) -> None:
    await accepted(morning.desk, member, amount=50_000)
    for whose in (member.id, NIL_MEMBER):
        await owner.execute(
            "INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on,"
            " recorded_at) VALUES ($1, $2, $2, 'principal', $3, 47, $4, $5)",
            *(whose, uuid4(), CASH, TODAY, START),
        )

    told = await asked(morning, CASH)

    assert (told.balance, told.difference) == (-50_094, 0)
    assert sorted(kinds(told)) == [
        (PartKind.UNEXPLAINED, -47),
        (PartKind.UNEXPLAINED, -47),
        (PartKind.WISH, -50_000),
    ]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("principal", id="a member's account without a member"),
        pytest.param("settlement_cash:none", id="a bank that there is not"),
        pytest.param("99999999:principal", id="a member that there is not"),
        pytest.param("", id="nothing"),
    ],
)
async def test_an_account_that_there_is_not_is_told_with_those_that_there_are(
    morning: Morning, name: str
) -> None:
    with pytest.raises(NotFoundHere, match=r"account|number"):
        await asked(morning, name)
