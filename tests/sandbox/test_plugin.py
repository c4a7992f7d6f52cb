"""The pytest plugin: what its fixture can do, and that another project can use it."""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from datetime import datetime, timedelta
from http.client import HTTPConnection
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest

from gateway.sandbox.control_refused import ControlRefused
from gateway.sandbox.faults import Action
from gateway.sandbox.registry import BANKS
from gateway.sandbox.testing.values import Account, Movement, Request
from gateway_pytest import starts_at, time_scale

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "bank_tests"
KINDS = {
    get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Action)[0])
}
# This project's own plugins, whose settings the other project does not have.
NOT_ITS_OWN = tuple(word for name in ("asyncio", "schemathesis") for word in ("-p", f"no:{name}"))


def get(url: str, path: str) -> int:
    """Return the status of a GET, as any client in the test's own thread would make it."""
    to = urlsplit(url)
    connection = HTTPConnection(to.hostname or "", to.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def run_pytest(directory: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME"} or k.startswith("COV")}
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *NOT_ITS_OWN, *words],
        cwd=directory,
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_another_projects_tests_run_side_by_side_without_a_port_setting(tmp_path):
    installed, project = tmp_path / "installed", tmp_path / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    words = ("pip", "install", "--quiet", "--no-deps", "--offline", "--no-build-isolation")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(  # noqa: S603 - our own words
        [uv, *words, "--python", sys.executable, "--target", installed, PROJECT],
        check=True,
        capture_output=True,
        timeout=60,
    )

    run = run_pytest(project, "-n", "4", "-vv", PYTHONPATH=str(installed))

    assert run.returncode == 0, run.stdout
    workers = set(re.findall(r"\[(gw\d)\]", run.stdout))
    assert workers == {"gw0", "gw1", "gw2", "gw3"}
    assert (installed / "gateway" / "sandbox" / "__pycache__").exists()  # it ran, not the checkout


def test_the_other_projects_tests_have_no_glue_but_the_fixture():
    tests = sorted((EXAMPLE / "tests").iterdir())
    functions = {
        (path.name, node.name): [argument.arg for argument in node.args.args]
        for path in tests
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }

    assert {path.name for path in tests} - {"__pycache__"} == {"test_paypay.py", "test_smbc.py"}
    assert {tuple(arguments) for arguments in functions.values()} == {("gateway_sandbox",)}
    assert all(name.startswith("test_") for _, name in functions)


def test_a_start_takes_less_than_a_second():
    """Counted in the processor's time: other tests run beside this one."""
    code = (
        "import time; began = time.process_time()\n"
        "from gateway.ops.clock import SystemClock\n"
        "from gateway.sandbox.testing.sandbox import banks_in_thread\n"
        "with banks_in_thread(SystemClock(), time_scale=0.01) as banks:\n"
        "    banks.begin(None)\n"
        "    print(time.process_time() - began)\n"
    )
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},  # without coverage, with compiled modules kept
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert float(run.stdout) < 1


def test_a_run_that_asks_for_no_bank_does_not_load_one():
    code = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import gateway_pytest\n"
        "print(sorted(set(sys.modules) - before))\n"
    )
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "['gateway_pytest']"


def test_the_plugin_leaves_the_modules_of_this_project_as_they_are():
    """Rewritten by pytest they would be compiled anew in every run, and read while loops run."""
    loaded = [module for name, module in sys.modules.items() if name.split(".")[0] == "gateway"]
    rewritten = [m.__name__ for m in loaded if not isinstance(m.__loader__, SourceFileLoader)]

    assert len(loaded) > 10
    assert rewritten == []


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        pytest.param((), 0, "1 passed", id="in real time"),
        pytest.param(("-p", "no:gateway_sandbox"), 1, "'gateway_sandbox' not found", id="off"),
    ],
)
def test_a_project_sets_when_its_banks_begin_and_whether_it_wants_them(
    tmp_path, words, code, expected
):
    (tmp_path / "pytest.ini").write_text("[pytest]\ngateway_sandbox_starts_at = now\n", "utf-8")
    (tmp_path / "test_it.py").write_text(
        "import datetime as d\n"
        "def test_it(gateway_sandbox):\n"
        "    away = gateway_sandbox.clock.now() - d.datetime.now(d.timezone.utc)\n"
        "    assert abs(away) < d.timedelta(minutes=1)\n",
        "utf-8",
    )

    run = run_pytest(tmp_path, *words)

    assert (run.returncode, expected in run.stdout) == (code, True), run.stdout


@pytest.mark.parametrize(
    ("read", "said", "expected"),
    [
        (starts_at, "", "'' is no instant with its offset"),
        (starts_at, "2026-11-25T10:00:00", "is no instant with its offset"),
        (time_scale, "fast", "'fast' is no number from 0 to 100"),
        (time_scale, "-1", "'-1' is no number from 0 to 100"),
        (time_scale, "101", "'101' is no number from 0 to 100"),
        (time_scale, "nan", "'nan' is no number from 0 to 100"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_is_allowed(read, said, expected):
    with pytest.raises(pytest.UsageError, match=expected):
        read(said)


@pytest.mark.parametrize("name", BANKS)
def test_every_bank_is_there_under_its_name(gateway_sandbox, name):
    bank = gateway_sandbox[name]

    assert getattr(gateway_sandbox, name) is bank
    assert gateway_sandbox.environ[f"GATEWAY_{name.upper()}_BASE_URL"] == bank.url
    assert bank.credentials["base_path"] == urlsplit(bank.base_url).path
    assert get(bank.url, f"{urlsplit(bank.base_url).path}/nothing") >= 200
    assert [heard.method for heard in bank.requests] == ["GET"]
    assert bank.books.settlement.balance == 100_000_000
    assert name in repr(bank)


@pytest.mark.parametrize("name", BANKS)
def test_every_test_begins_on_the_first_day(gateway_sandbox, name):
    """Runs beside the test above, which leaves requests, and twice by itself."""
    bank = gateway_sandbox[name]
    for _ in range(2):
        assert (bank.requests, bank.books.movements) == ((), ())
        assert gateway_sandbox.clock.now().isoformat()[:16] == bank.now().isoformat()[:16]
        bank.add_movement("in", 5_000, counterparty="ﾌﾟﾛﾐｽ", text="ﾎｼﾞﾕｳ")
        bank.faults.drop_before("statement")
        get(bank.url, f"{urlsplit(bank.base_url).path}/nothing")
        bank.reset()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_fault_is_a_call(gateway_sandbox, kind):
    more = {"delay": (1.5,), "status": (502,), "code": ("SYSTEM_ERROR",)}.get(kind, ())
    faults = gateway_sandbox.smbc.faults
    if kind == "return_after":
        fault = faults.return_after(3.0, nth=2, times=4)
    else:
        fault = getattr(faults, kind)("callback" if kind == "callback" else "submit", *more)

    assert (fault.matched, fault.hits) == (0, 0)
    assert kind in repr(fault)
    faults.clear()


@pytest.mark.parametrize(
    ("break_it", "error", "said"),
    [
        (lambda b: b.faults.delay("submit", -1), ValueError, "rules.0.action.delay.seconds"),
        (lambda b: b.faults.drop_after("pay"), ValueError, "rules.0.operation"),
        (lambda b: b.faults.code("submit", "NOPE"), ValueError, "a code this bank does not have"),
        (lambda b: b.faults.garbage("submit", nth=0), ValueError, "rules.0.nth"),
        (lambda b: b.put_settings(speed=1), ValueError, "speed"),
        (lambda b: b.add_movement("up", 1), ValueError, "direction"),
        (lambda b: b.approve("NOBODY"), ControlRefused, "of reference NOBODY"),
        (lambda b: b.decline("NOBODY"), ControlRefused, "no collection of reference NOBODY"),
        (lambda b: b.bar_file("A" * 20), ControlRefused, "this bank takes no files"),
        (lambda b: b.books.account("7654321"), LookupError, "no account 7654321"),
    ],
)
def test_what_cannot_be_asked_for_is_said_by_its_field(gateway_sandbox, break_it, error, said):
    with pytest.raises(error, match=said):
        break_it(gateway_sandbox.smbc)


def test_a_bank_that_is_not_there_is_said_with_those_that_are(gateway_sandbox):
    with pytest.raises(AttributeError, match="nobody: no such bank; there are smbc, mufg"):
        _ = gateway_sandbox.nobody


def test_books_are_values_with_the_names_of_the_control_api(gateway_sandbox):
    bank = gateway_sandbox.smbc
    moved = bank.add_movement("out", 700, text="ﾃｽｳﾘﾖｳ", at=bank.now() - timedelta(hours=1))
    opened = bank.add_account(branch="002", number="7654321", holder="ｽｽﾞｷ ﾊﾅｺ", balance=5)
    get(bank.url, "/smbc/api/v1/nothing?a=1")
    ledger = bank._ask("GET", "ledger")
    heard = bank._ask("GET", "requests")["requests"]

    for value, shown in (
        (Account, ledger["settlement"]),
        (Movement, ledger["movements"][0]),
        (Request, heard[0]),
    ):
        assert {field.name for field in fields(value)} == shown.keys()
    assert bank.books.movements == (moved,)
    assert bank.books.account("7654321") == opened
    assert bank.books.of("") == (moved,)
    assert bank.requests[0].query == "a=1"


def test_settings_seeds_keys_and_passwords_reach_the_bank(gateway_sandbox):
    bank = gateway_sandbox.smbc
    bank.put_settings(time_scale=1, balances={"settlement": 1})
    bank.put_seed(42)
    bank.put_client_keys(bank.credentials["jwks"]["keys"][0])
    bank.add_account(branch="001", number="7654321", holder="ｽｽﾞｷ", password="another1")

    assert (bank.settings["time_scale"], bank.books.settlement.balance) == (1, 1)


def test_the_clock_goes_forth_stands_still_and_is_everyones(gateway_sandbox):
    clock = gateway_sandbox.clock
    clock.set("2026-11-29T20:59:00+09:00")
    clock.freeze()
    stood = clock.now()
    clock.forward(minutes=1)
    clock.forward(timedelta(seconds=1))

    assert clock.now() - stood == timedelta(seconds=61)
    assert {bank.now() for bank in gateway_sandbox.banks.values()} == {clock.now()}
    clock.run()
    assert clock.now() > stood
    clock.real()
    assert abs(clock.now() - datetime.now(tz=stood.tzinfo)) < timedelta(minutes=1)  # noqa: TID251


def test_the_clock_refuses_a_step_back_and_an_instant_without_its_offset(gateway_sandbox):
    with pytest.raises(ValueError, match="set\\(\\) goes back"):
        gateway_sandbox.clock.forward(seconds=-1)
    with pytest.raises(ValueError, match="an instant needs its offset"):
        gateway_sandbox.clock.set("2026-11-29T20:59:00")
