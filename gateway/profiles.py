"""What each bank's contract says (`banks.toml`), as frozen values."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.domain.account import AccountType, BankCode
from gateway.domain.fees import Channel, FeeRow, Payer, Tariff
from gateway.domain.hours import Window
from gateway.domain.money import Yen
from gateway.domain.service_hours import CoreHours, Profile, ServiceHours

SLOT_WAIT_S_MAX = 1.0


@dataclass(frozen=True, slots=True)
class BankProfile:
    """What one bank's contract says; times in seconds, amounts in yen. Sources: `banks.toml`."""

    code: BankCode
    name_ja: str
    name_en: str
    deadline_s: float
    statement_deadline_s: float
    connect_timeout_s: float
    visibility_s: float
    settle_s: float
    per_second: float
    bulkhead: int
    review_after_s: float
    item_limit: int
    low_water: int
    verifies_names: bool
    names_strict: bool  # the bank pays only under its own spelling
    batched: bool
    calls_back: bool  # about collections
    tariff: Tariff
    hours: ServiceHours

    @property
    def windows(self) -> tuple[Window, ...]:
        """Return the regular windows, those that are announced not among them."""
        return self.hours.windows

    @property
    def lease_s(self) -> float:
        """Return how long a sender may hold a transfer: a call's deadline and half of it more."""
        return self.deadline_s * 1.5

    @property
    def slot_wait_s(self) -> float:
        """Return how long a call may wait for its turn before it is given back."""
        return min(SLOT_WAIT_S_MAX, self.deadline_s / 2)


@cache
def bank_profiles() -> dict[BankCode, BankProfile]:
    """Return the profile of every bank in `banks.toml`."""
    tables = tomllib.loads(files("gateway").joinpath("banks.toml").read_text("utf-8"))
    return {BankCode(code): _profile(BankCode(code), table) for code, table in tables.items()}


def scaled(profile: BankProfile, time_scale: float) -> BankProfile:
    """Return the profile with every delay multiplied, for tests that run at 1/20 of real time."""
    return replace(
        profile,
        deadline_s=profile.deadline_s * time_scale,
        statement_deadline_s=profile.statement_deadline_s * time_scale,
        connect_timeout_s=profile.connect_timeout_s * time_scale,
        visibility_s=profile.visibility_s * time_scale,
        review_after_s=profile.review_after_s * time_scale,
    )


def _profile(code: BankCode, table: dict[str, Any]) -> BankProfile:
    value = {name: row["value"] for name, row in table.items() if isinstance(row, dict)}
    return BankProfile(
        code=code,
        name_ja=value["name_ja"],
        name_en=value["name_en"],
        deadline_s=value["deadline_s"],
        statement_deadline_s=value["statement_deadline_s"],
        connect_timeout_s=value["connect_timeout_s"],
        visibility_s=value["visibility_s"],
        settle_s=value["settle_s"],
        per_second=value["per_second"],
        bulkhead=value["bulkhead"],
        review_after_s=value["review_after_s"],
        item_limit=value["item_limit"],
        low_water=value["low_water"],
        verifies_names=value["verifies_names"],
        names_strict=value.get("names_strict", False),
        batched=value["batched"],
        calls_back=value["calls_back"],
        tariff=Tariff(tuple(_fee(row) for row in table["fees"])),
        hours=ServiceHours(
            windows=tuple(_window(row) for row in table.get("windows", ())),
            profiles=tuple(_hours_profile(row) for row in table["profiles"]),
            credited_after_s=round(value["settle_s"]),
            promised_after_s=value["promised_after_s"],
            value_date_until=value["value_date_until"],
        ),
    )


def _window(row: dict[str, Any]) -> Window:
    month_day = row.get("month_day")
    return Window(
        name=row["name"],
        begins_at=row["begins_at"],
        lasts=timedelta(hours=row["lasts_h"]),
        weekday=row.get("weekday"),
        nth=tuple(row.get("nth", ())),
        month_day=None if month_day is None else (month_day[0], month_day[1]),
        valid_from=row["valid_from"],
        valid_until=row.get("valid_until", date.max),
    )


def _hours_profile(row: dict[str, Any]) -> Profile:
    """Return a profile of the hours: `always` has no core hours, `legacy` says them."""
    if row["name"] == "always":
        return Profile(row["valid_from"], None)
    core = CoreHours(opens_at=row["opens_at"], cutoff=row["cutoff"], credited_at=row["credited_at"])
    return Profile(row["valid_from"], core)


def _fee(row: dict[str, Any]) -> FeeRow:
    account_class = row.get("account_class")
    return FeeRow(
        payer=Payer(row["payer"]),
        channel=Channel(row["channel"]),
        amount_from=Yen(row["amount_from"]),
        valid_from=row["valid_from"],
        fee=Yen(row["fee"]),
        account_class=None if account_class is None else AccountType(account_class),
    )
