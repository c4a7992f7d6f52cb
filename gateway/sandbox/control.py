"""The control API, `/_sandbox/…`: what a test may see and change of a bank."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache

from aiohttp import web

from gateway.sandbox.accounts import YEN_MAX, as_accounts
from gateway.sandbox.bank import RunningBank
from gateway.sandbox.books import (
    Account,
    account_as_json,
    movement_as_json,
)
from gateway.sandbox.control_models import ClientKeys, ClockHands
from gateway.sandbox.decisions import approve, decline
from gateway.sandbox.description import description
from gateway.sandbox.faults import Code, Faults, Rule, RuleList, fault_of_rule
from gateway.sandbox.movements import post_movement
from gateway.sandbox.profile import ControlRefused, TakesClientKeys, TakesFiles
from gateway.sandbox.seeds import Choices
from gateway.sandbox.strict import Unreadable, as_model, read_instant, read_json

Json = Mapping[str, object]
PREFIX = "/_sandbox"
# Hours, limits and shifts can be reckoned from any instant of these years.
YEARS = range(1970, 2900)


async def show_ledger(bank: RunningBank, _: object) -> Json:
    """`GET ledger`: the bank's own books."""
    books = bank.emulation.books
    return {
        "bank": bank.name,
        "clock": bank.emulation.clock.now().isoformat(),
        "settlement": account_as_json(books.settlement),
        "accounts": [account_as_json(account) for account in books.accounts.values()],
        "movements": [movement_as_json(movement) for movement in books.movements],
    }


async def show_faults(bank: RunningBank, _: object) -> Json:
    """`GET faults`: the rules in force, and how often each matched and acted."""
    return {"rules": bank.emulation.faults.shown()}


async def show_settings(bank: RunningBank, _: object) -> Json:
    """`GET settings`: what `PUT settings` takes, as it stands."""
    books = bank.emulation.books
    balances = {str(key): account.balance for key, account in books.accounts.items()}
    return {
        **bank.emulation.settings.model_dump(),
        "balances": {"settlement": books.settlement.balance, **balances},
    }


async def show_requests(bank: RunningBank, _: object) -> Json:
    """`GET requests`: the last that came in under the bank's base path, and how many did."""
    heard = bank.emulation.requests
    return {"count": heard.count, "requests": [one.as_json() for one in heard.kept]}


async def show_identity(bank: RunningBank, _: object) -> Json:
    """`GET identity`: which bank this is, as long as its books last; another address, another."""
    return {"bank": bank.name, "identity": bank.identity}


async def put_faults(bank: RunningBank, value: object) -> Json:
    """`PUT faults`: replace all rules."""
    rules = read_rules(bank, value)
    bank.emulation.faults = Faults(rules)
    return {"rules": len(rules)}


def read_rules(bank: RunningBank, value: object) -> list[Rule]:
    """Return a JSON list as rules that have a meaning at this bank, or raise `Unreadable`."""
    rules = as_model(RuleList, {"rules": value}).rules
    for place, rule in enumerate(rules):
        fault = fault_of_rule(rule)
        if isinstance(rule.action, Code) and rule.action.code not in bank.spec.codes:
            fault = "a code this bank does not have"
        if fault is not None:
            raise Unreadable(f"rules.{place}.action: {fault}")
    return rules


async def put_seed(bank: RunningBank, value: object) -> Json:
    """`PUT seed`: one integer; the counts of calls begin anew with it."""
    if type(value) is not int:
        raise Unreadable("the seed is one integer")
    bank.emulation.choices = Choices(value)
    return {"seed": value}


async def put_clock(bank: RunningBank, value: object) -> Json:
    """`PUT clock`: set, freeze, shift, or go back to real time."""
    hands = as_model(ClockHands, value)
    at = None if hands.set is None else read_instant("set", hands.set)
    if at is not None and at.year not in YEARS:
        raise Unreadable(f"set: a year from {YEARS.start} on, before {YEARS.stop}")
    bank.emulation.clock.put(
        at=at,
        is_frozen=hands.freeze,
        shift=timedelta(seconds=hands.shift_s),
    )
    return {"clock": bank.emulation.clock.now().isoformat()}


async def put_settings(bank: RunningBank, value: object) -> Json:
    """`PUT settings`: change those that are named, and set balances."""
    if not isinstance(value, dict):
        raise Unreadable("settings are an object")
    change = dict(value)
    accounts = _with_balances(bank, change.pop("balances", {}))
    settings = bank.emulation.settings.changed(change)
    bank.emulation.settings = settings
    if accounts:
        await bank.put_accounts(accounts)
    return settings.model_dump()


async def show_credentials(bank: RunningBank, _: object) -> Json:
    """`GET credentials`: all that a client needs."""
    directory = bank.surroundings.tls_dir
    files = ("ca.pem", "client.pem", "client.key")
    tls = None if directory is None else {name: str(directory / name) for name in files}
    return {"bank": bank.name, **bank.emulator.credentials(), "tls": tls}


async def put_clients(bank: RunningBank, value: object) -> Json:
    """`PUT clients`: the client's public keys."""
    keys = as_model(ClientKeys, value).keys
    if not isinstance(bank.emulator, TakesClientKeys):
        raise ControlRefused(404, "this bank knows its client by no key")
    try:
        bank.emulator.put_clients(keys)
    except (KeyError, ValueError) as error:
        raise Unreadable(f"keys: {error}") from error
    return {"kids": [jwk["kid"] for jwk in keys]}


async def post_accounts(bank: RunningBank, value: object) -> Json:
    """`POST accounts`: one account, or a list of them."""
    new = as_accounts(value if isinstance(value, list) else [value])
    await bank.put_accounts(new)
    return {"accounts": len(new)}


async def post_movements(bank: RunningBank, value: object) -> Json:
    """`POST movements`: a line of the statement without a reference of the client's."""
    return await post_movement(bank.emulation, value)


async def post_reset(bank: RunningBank, _: object) -> Json:
    """`POST reset`: the first day again."""
    await bank.reset()
    return {"bank": bank.name}


async def approve_collection(bank: RunningBank, value: object, reference: str) -> Json:
    """`POST approve/{reference}`: approve a collection, as a payer or as a bank's mistake."""
    return await approve(bank.emulator.collections, reference, value)


async def decline_collection(bank: RunningBank, value: object, reference: str) -> Json:
    """`POST decline/{reference}`: leave the approval page."""
    return await decline(bank.emulator.collections, reference, value)


async def bar_file(bank: RunningBank, _: object, file_id: str) -> Json:
    """`POST files/{file_id}/bar`: refuse that number of a file from now on."""
    if not isinstance(bank.emulator, TakesFiles):
        raise ControlRefused(404, "this bank takes no files")
    await bank.emulator.bar_file(file_id)
    return {"file_id": file_id, "status": "barred"}


def _with_balances(bank: RunningBank, balances: object) -> list[Account]:
    if not isinstance(balances, dict):
        raise Unreadable("balances: an object of account and yen")
    books = bank.emulation.books
    known = {str(key): account for key, account in books.accounts.items()} if balances else {}
    known["settlement"] = books.settlement
    for name, yen in balances.items():
        if name not in known or type(yen) is not int or abs(yen) > YEN_MAX:
            raise Unreadable(f"balances.{name}: no such account, or no whole yen within reason")
    return [replace(known[name], balance=yen) for name, yen in balances.items()]


async def show_description(_: RunningBank, __: object) -> Json:
    """`GET openapi.json`: this description."""
    return described()


Call = Callable[[RunningBank, object], Awaitable[Json]]
CallAbout = Callable[[RunningBank, object, str], Awaitable[Json]]
CALLS: dict[tuple[str, str], Call] = {
    ("GET", "openapi.json"): show_description,
    ("GET", "identity"): show_identity,
    ("GET", "ledger"): show_ledger,
    ("GET", "faults"): show_faults,
    ("PUT", "faults"): put_faults,
    ("PUT", "seed"): put_seed,
    ("PUT", "clock"): put_clock,
    ("GET", "settings"): show_settings,
    ("PUT", "settings"): put_settings,
    ("GET", "requests"): show_requests,
    ("GET", "credentials"): show_credentials,
    ("PUT", "clients"): put_clients,
    ("POST", "accounts"): post_accounts,
    ("POST", "movements"): post_movements,
    ("POST", "reset"): post_reset,
}
# What stands between the braces is one part of the path, and the call's last argument.
CALLS_ABOUT: dict[tuple[str, str], CallAbout] = {
    ("POST", "approve/{reference}"): approve_collection,
    ("POST", "decline/{reference}"): decline_collection,
    ("POST", "files/{file_id}/bar"): bar_file,
}


@cache
def described() -> Json:
    """Return the description of all these calls, made once."""
    return description({**CALLS, **CALLS_ABOUT}, PREFIX)


async def control(bank: RunningBank, request: web.Request) -> web.Response:
    """Answer a call to the control API."""
    try:
        body = await request.read()
        value = read_json(body) if body else {}
        return web.json_response(await _called(bank, request, value))
    except Unreadable as error:
        return web.json_response({"error": str(error)}, status=400)
    except ControlRefused as refused:
        return web.json_response({"error": str(refused)}, status=refused.status)


async def _called(bank: RunningBank, request: web.Request, value: object) -> Json:
    path = request.path.removeprefix(f"{PREFIX}/")
    call = CALLS.get((request.method, path))
    if call is not None:
        return await call(bank, value)
    for (method, template), about in CALLS_ABOUT.items():
        before, after = template.split("{")[0], template.split("}")[1]
        named = path.removeprefix(before).removesuffix(after)
        if method == request.method and named and path == f"{before}{named}{after}":
            return await about(bank, value, named)
    raise ControlRefused(404, "no such call")
