"""/v1/banks: which banks are connected, whether they are open, when that changes, today's hours."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta

from aiohttp import web

from gateway.domain.account import ZENGIN_CODES
from gateway.domain.hours import JST
from gateway.domain.quote import HELD, HELD_NAME, Why
from gateway.domain.service_hours import Operation, Phase
from gateway.domain.timetable import answer, timeline
from gateway.http.answers import instant, show_why
from gateway.http.caller import caller_of
from gateway.http.conditional import json_or_unchanged
from gateway.http.deps import deps_of, desk_of
from gateway.profiles import BankProfile
from gateway.store.stops import Stop, hold_began, known_stops, windows_of


async def list_banks(request: web.Request) -> web.Response:
    await caller_of(request)
    desk, health = desk_of(request), deps_of(request).bank_health
    now = desk.clock.now()
    midnight = datetime.combine(now.astimezone(JST).date(), time(0), JST)
    stops = await known_stops(desk.db, now=midnight)
    items = []
    for profile in desk.profiles.values():
        if profile.code in desk.banks:
            own = [stop for stop in stops if stop.is_of(profile.code)]
            item = _show_bank(profile, own, now, midnight)
            item["is_stopped"] = any(stop.is_in_force(now) for stop in own)
            items.append(item | {"health": health(profile.code)})
    return json_or_unchanged(request, {"items": items})


def _show_bank(
    profile: BankProfile, stops: Sequence[Stop], now: datetime, midnight: datetime
) -> dict[str, object]:
    hours, windows, held_since = profile.hours, windows_of(stops), hold_began(stops)
    phase = answer(hours, Operation.TRANSFER, now, one_offs=windows).phase
    today = timeline(
        hours, Operation.TRANSFER, midnight, midnight + timedelta(days=1), one_offs=windows
    )
    is_open = phase.is_open and held_since is None
    return {
        "bank": profile.code.value,
        "zengin_code": ZENGIN_CODES[profile.code],
        "name": {"ja": profile.name_ja, "en": profile.name_en},
        "is_open": is_open,
        "closes_at": instant(phase.changes_at if is_open else None),
        # While it is held nobody knows.
        "reopens_at": instant(None if is_open or held_since else phase.changes_at),
        "timeline": _day(today, held_since),
        "accounts_can_be_added": profile.verifies_names,
        "transfer_max": profile.item_limit,
    }


def _day(phases: Iterable[Phase], held_since: datetime | None) -> list[dict[str, object]]:
    """Return the parts of a day; from the instant on at which the bank was held, as held."""
    day: list[dict[str, object]] = []
    for phase in phases:
        shown = _show_phase(phase)
        if held_since is None or phase.ends <= held_since:
            day.append(shown)
            continue
        begins = max(phase.begins, held_since)
        if begins > phase.begins:
            day.append(shown | {"ends_at": instant(begins)})
        why = [show_why(told) for told in (*_reasons(phase), Why(HELD_NAME, held_since, None))]
        held = {"class": HELD, "is_open": False, "credited_at": None, "why": why}
        day.append(shown | held | {"begins_at": instant(begins)})
    return day


def _reasons(phase: Phase) -> Iterator[Why]:
    return (Why(reason.name, reason.begins, reason.ends) for reason in phase.reasons)


def _show_phase(phase: Phase) -> dict[str, object]:
    return {
        "begins_at": instant(phase.begins),
        "ends_at": instant(phase.ends),
        "class": phase.service_class.value,
        "is_open": phase.is_open,
        "credited_at": instant(phase.sends_at),
        "why": [show_why(why) for why in _reasons(phase)],
    }
