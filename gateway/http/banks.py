"""/v1/banks: which banks are connected, whether they are open, and when that changes."""

from datetime import datetime

from aiohttp import web

from gateway.domain.account import ZENGIN_CODES
from gateway.domain.hours import closed_until, next_closing
from gateway.http.answers import instant, json_response
from gateway.http.caller import caller_of
from gateway.http.deps import deps_of, desk_of
from gateway.profiles import BankProfile
from gateway.store.stops import ALL_BANKS, stops_in_force


async def list_banks(request: web.Request) -> web.Response:
    await caller_of(request)
    desk, health = desk_of(request), deps_of(request).bank_health
    now = desk.clock.now()
    stopped = {stop.bank for stop in await stops_in_force(desk.db)}
    items = [
        {
            **_show_bank(profile, now),
            "is_stopped": bool(stopped & {profile.code.value, ALL_BANKS}),
            "health": health(profile.code),
        }
        for profile in desk.profiles.values()
        if profile.code in desk.banks
    ]
    return json_response({"items": items})


def _show_bank(profile: BankProfile, now: datetime) -> dict[str, object]:
    reopens_at = closed_until(profile.windows, now)
    closes_at = next_closing(profile.windows, now) if reopens_at is None else None
    return {
        "bank": profile.code.value,
        "zengin_code": ZENGIN_CODES[profile.code],
        "name": {"ja": profile.name_ja, "en": profile.name_en},
        "is_open": reopens_at is None,
        "closes_at": instant(closes_at),
        "reopens_at": instant(reopens_at),
        "accounts_can_be_added": profile.verifies_names,
        "transfer_max": profile.item_limit,
    }
