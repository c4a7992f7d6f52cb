"""The command line parses, calls and prints; mistakes are said in a sentence, not a traceback."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from gateway.domain.transfer import State
from gateway.ops.clock import shift_to
from gateway.services.admit_operators import TOKEN
from tests.manual_clock import START
from tests.ops.conftest import Books

COMMANDS = ["demo", "serve", "sandbox", "conformance", "migrate", "doctor", "ops"]
OPERATORS = [
    "transfers",
    "explain",
    "ledger-verify",
    "audit-trace",
    "hold",
    "release",
    "hours",
    "stops",
    "breaker",
    "account-add",
    "actions",
    "branch-add",
    "windows",
    "rules",
    "account-open",
    "opening-withdraw",
    "statement-accept",
    "set-off",
    "line-withdraw",
    "reconcile",
    "review",
    "resolve",
    "entry-withdraw",
    "decision-withdraw",
    "file-end",
    "sign-ins-refused",
    "operator-add",
    "operators",
    "token-issue",
    "token-revoke",
    "sign-out",
]


class CommandLine:
    """Runs `gateway …` as a process of its own, on the test's database."""

    def __init__(self, database_url: str, directory: Path) -> None:
        # A terminal's width would change what is printed.
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME"} or name.startswith("COVERAGE")
        }
        self.environment = kept | {
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_DATA_DIR": str(directory),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    async def __call__(self, *arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            *arguments,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def gateway(database_url: str, tmp_path: Path) -> CommandLine:
    return CommandLine(database_url, tmp_path)


async def test_the_help_names_every_command(gateway: CommandLine) -> None:
    for arguments, names in (((), COMMANDS), (("ops",), OPERATORS)):
        code, out, err = await gateway(*arguments, "--help")

        assert code == 0
        assert [name for name in names if f" {name} " not in out + err] == []


async def test_operators_see_when_a_bank_is_closed(gateway: CommandLine) -> None:
    asked = ("ops", "hours", "--bank", "smbc", "--from", "2026-11-22", "--days", "1")

    drawn = await gateway(*asked)
    as_json = await gateway(*asked, "--json")
    beyond = await gateway("ops", "hours", "--from", "2041-01-01")

    assert drawn[0] == as_json[0] == 0
    assert "11-22 Sun  " + "█" * 42 + "░" * 6 in drawn[1]
    assert "2026-11-22 21:00 – 2026-11-23 07:00  日曜夜のシステム停止" in drawn[1]
    assert [phase["service_class"] for phase in orjson.loads(as_json[1])[0]["phases"]] == [
        "at_once",
        "next_opening",
    ]
    assert beyond[0] == 2
    assert "2016-01-01 to 2040-12-31" in beyond[2]


async def test_operators_hold_look_and_release(gateway: CommandLine) -> None:
    held = await gateway("ops", "hold", "smbc", "--reason", "drill", "--by", "sato")
    seen = await gateway("ops", "stops", "--json")
    lifted = await gateway("ops", "release", "smbc", "--by", "kato")
    again = await gateway("ops", "release", "smbc", "--by", "kato")

    assert held[:2] == (0, "held\n")
    (stop,) = orjson.loads(seen[1])["stops"]
    assert (stop["bank"], stop["reason"], stop["held_by"]) == ("smbc", "drill", "sato")
    assert lifted[:2] == (0, "lifted: smbc, drill, held by sato\n")
    assert again[:2] == (1, "nothing was held\n")


async def test_an_operator_is_given_a_token_that_can_be_taken_back(gateway: CommandLine) -> None:
    added = await gateway("ops", "operator-add", "sato", "--role", "viewer", "--by", "kato")
    issued = await gateway("ops", "token-issue", "sato", "--by", "kato", "--days", "30")
    listed = await gateway("ops", "operators")
    revoked = await gateway("ops", "token-revoke", "sato", "--by", "kato")
    again = await gateway("ops", "token-revoke", "sato", "--by", "kato")
    (token,) = orjson.loads((await gateway("ops", "operators", "--json"))[1])["tokens"]

    text = issued[1].strip()
    assert added[:2] == (0, "sato is viewer\n")
    assert TOKEN.fullmatch(text)
    assert text not in issued[2] + listed[1]
    assert listed[1].startswith("sato  viewer\not_")
    assert revoked[0] == 0
    assert ", revoked 20" in revoked[1]
    assert again[0] == 1
    assert token["revoked_at"] is not None


async def test_operators_close_a_bank_once_and_open_it_again(gateway: CommandLine) -> None:
    gateway.environment["GATEWAY_CLOCK_SHIFT_S"] = str(shift_to(START))
    when = ("--from", "2026-12-05T21:00", "--until", "2026-12-06T07:00")
    told = ("--name", "臨時", "--by", "sato")

    added = await gateway("ops", "windows", "add", "smbc", *when, *told)
    nobody = await gateway("ops", "windows", "add", *when, *told)
    past = await gateway(
        "ops", "windows", "add", "--all", *when[:2], "--until", "2026-01-01", *told
    )
    listed = await gateway("ops", "windows", "list")
    (window,) = orjson.loads((await gateway("ops", "windows", "list", "--json"))[1])
    removed = await gateway("ops", "windows", "remove", added[1].split()[1], "--by", "kato")
    again = await gateway("ops", "windows", "remove", added[1].split()[1], "--by", "kato")

    shown = "smbc  2026-12-05T21:00:00+09:00 to 2026-12-06T07:00:00+09:00  臨時  by sato"
    assert added[0] == listed[0] == removed[0] == 0
    assert [shown in out for _, out, _ in (added, listed, removed)] == [True] * 3
    assert (window["bank"], window["reason"], window["held_by"]) == ("smbc", "臨時", "sato")
    assert (nobody[0], past[0]) == (2, 2)
    assert "ends after it begins" in past[2]
    assert again[:2] == (1, "")
    assert "no such window, or it has ended" in again[2]


async def test_a_wrong_ledger_is_an_exit_code(gateway: CommandLine, books: Books) -> None:
    await books.settled()
    clean = await gateway("ops", "ledger-verify")
    await books.owner.execute("UPDATE loans SET principal = principal + 1")
    wrong = await gateway("ops", "ledger-verify", "--json")

    assert clean[0] == 0
    assert "1 members, 1 postings: clean" in clean[1]
    assert wrong[0] == 1
    assert [f["code"] for f in orjson.loads(wrong[1])["findings"]] == ["principal_differs"]


async def test_a_transfer_is_listed_and_explained(gateway: CommandLine, books: Books) -> None:
    _, transfer = await books.settled()
    gateway.environment["GATEWAY_CLOCK_SHIFT_S"] = str(shift_to(START + timedelta(hours=1)))

    code, out, _ = await gateway("ops", "transfers", "--state", "settled", "--json")
    explained = await gateway("ops", "explain", f"tr_{transfer.hex}")

    assert code == 0
    assert [(line["id"], line["state"]) for line in orjson.loads(out)] == [
        (f"tr_{transfer.hex}", State.SETTLED)
    ]
    assert explained[0] == 0
    assert "submit: settled" in explained[1]


async def test_the_doctor_examines_what_can_be_reached(gateway: CommandLine) -> None:
    gateway.environment["GATEWAY_SMBC_BASE_URL"] = "http://127.0.0.1:1"

    code, out, _ = await gateway("doctor", "--json")

    checks = {check["name"]: check["is_good"] for check in orjson.loads(out)}
    assert code == 1
    assert not checks["bank smbc"]
    assert checks["database role"]
    assert checks["privileges"]
    assert checks["schema"]


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        pytest.param(("ops", "explain", "tr_nope"), "32 hex digits", 2, id="no id"),
        pytest.param(
            ("ops", "explain", "A" * 20), "no transfer or repayment has the id", 1, id="no transfer"
        ),
        pytest.param(("ops", "hold", "--reason", "x", "--by", "y"), "--all", 2, id="no bank"),
        pytest.param(
            ("ops", "operator-add", "Sato", "--role", "viewer", "--by", "y"),
            "an operator's name is",
            2,
            id="no operator's name",
        ),
        pytest.param(
            ("ops", "token-issue", "sato", "--by", "y"), "operator-add", 1, id="no operator"
        ),
        pytest.param(("sandbox", "--bank", "nope"), "no such bank", 2, id="an unknown bank"),
        pytest.param(("demo", "--at", "noon"), "not an instant", 2, id="no instant"),
        pytest.param(("migrate",), "GATEWAY_DATABASE_OWNER_URL", 2, id="no owner to migrate"),
    ],
)
async def test_a_mistake_is_said_in_a_sentence(
    arguments: tuple[str, ...], says: str, code: int, gateway: CommandLine
) -> None:
    ended, _, err = await gateway(*arguments)

    assert ended == code
    assert says in err
    assert "Traceback" not in err


async def test_a_bad_setting_stops_every_command(gateway: CommandLine) -> None:
    gateway.environment["GATEWAY_POOL_SIZE"] = "many"

    code, _, err = await gateway("ops", "stops")

    assert code == 2
    assert "GATEWAY_POOL_SIZE" in err
    assert "Traceback" not in err


async def test_the_owner_migrates(gateway: CommandLine, empty_database_url: str) -> None:
    gateway.environment["GATEWAY_DATABASE_OWNER_URL"] = empty_database_url

    planned = await gateway("migrate", "--dry-run")
    applied = await gateway("migrate")
    again = await gateway("migrate")

    assert "would apply migration 0001_transfers" in planned[1].splitlines()
    assert "applied migration 0001_transfers" in applied[1].splitlines()
    assert again[1] == "nothing to apply\n"
