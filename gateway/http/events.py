"""/v1/events: what happens to a member's transfers, repayments and loan, as it happens."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator

import orjson
from aiohttp import web

from gateway.domain import repayment, transfer
from gateway.domain.identifier import public_id
from gateway.domain.ports import Clock
from gateway.http.answers import STATUS, TRANSFER, instant
from gateway.http.caller import caller_of
from gateway.http.deps import DEPS, deps_of, desk_of
from gateway.http.refusals import BadField, FieldFault, FieldsInvalid
from gateway.http.repayment_answers import REPAYMENT
from gateway.http.stamp import stamp
from gateway.services.desk import TransferDesk
from gateway.services.follow_events import SET_BACK, Stream
from gateway.store.events import MemberEvent

# What a stream says of itself; its number is that of the last event before it.
OPENED, SET_BACK_KIND = "stream.opened", "stream.set_back"
HEARTBEAT_S = 15.0
HEARTBEAT = b":\n\n"
# A caller who takes nothing for so long is cut off, and resumes when it reads again.
SEND_S_MAX = 5.0
# Callers who are cut off together do not come back together.
RETRY_MS, RETRY_SPREAD_MS = 1_000, 2_000
NUMBER = re.compile(r"[0-9]{1,18}")
LAST_EVENT_ID, AFTER = "Last-Event-ID", "after"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",  # asks a proxy in front not to collect what should go on at once
}
# What an event says of itself beyond its kind; the rest is for operators.
SHOWN = ("amount", "reason", "promise_kept")


class Connection:
    """The caller's connection (`follow_events.Line`)."""

    def __init__(self, request: web.Request) -> None:
        self._request = request

    def is_open(self) -> bool:
        transport = self._request.transport
        return transport is not None and not transport.is_closing()

    def cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


async def while_fed(app: web.Application) -> AsyncIterator[None]:
    """Read events for as long as the application runs."""
    feed = app[DEPS].feed
    reading = asyncio.create_task(feed.run(), name="feed_events")
    yield
    feed.end()
    await reading


async def end_streams(app: web.Application) -> None:
    app[DEPS].feed.end()


async def follow(request: web.Request) -> web.StreamResponse:
    """Send every event after the one that the caller names, or from now on, until one side ends."""
    caller, feed = await caller_of(request), deps_of(request).feed
    after = await feed.start_after(caller, after_of(request))
    response = web.StreamResponse(headers=HEADERS)
    stamp(request, response)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    with feed.opened(caller, Connection(request), after=after) as stream:
        await response.prepare(request)
        try:
            await _send_all(response, stream, desk_of(request))
        except TimeoutError:
            stream.end("caller_slow")
            stream.line.cut()
        except ConnectionError:
            stream.end("caller_left")
    return response


def after_of(request: web.Request) -> int | None:
    """Return the number of the last event that the caller has; what it resumes by goes first.

    Raises FieldsInvalid.
    """
    bad = [BadField("parameter", n, FieldFault.UNKNOWN) for n in request.query if n != AFTER]
    resumed, asked = request.headers.getall(LAST_EVENT_ID, []), request.query.getall(AFTER, [])
    for where, name, given in (("header", LAST_EVENT_ID, resumed), ("parameter", AFTER, asked)):
        if len(given) > 1:
            bad.append(BadField(where, name, FieldFault.DUPLICATE))
        elif given and not NUMBER.fullmatch(given[0]):
            bad.append(BadField(where, name, FieldFault.WRONG_FORMAT))
    if bad:
        raise FieldsInvalid(bad)
    given = resumed or asked
    return int(given[0]) if given else None


async def _send_all(response: web.StreamResponse, stream: Stream, desk: TransferDesk) -> None:
    """Send until the stream ends. Raises TimeoutError or ConnectionError."""
    scale = desk.settings.time_scale
    async for block in _blocks(stream, HEARTBEAT_S * scale, desk.clock):
        stream.is_sending = True
        async with asyncio.timeout(SEND_S_MAX * scale):
            await response.write(block)
        stream.is_sending = False
    await response.write_eof()


async def _blocks(stream: Stream, heartbeat_s: float, clock: Clock) -> AsyncIterator[bytes]:
    """Yield what to write: first how to resume, should the connection break before any event."""
    retry_ms = RETRY_MS + secrets.randbelow(RETRY_SPREAD_MS)
    yield f"retry: {retry_ms}\n".encode() + _own_block(stream, OPENED, clock)
    # The first heartbeat comes sooner: streams that were opened together do not beat together.
    wait_s = heartbeat_s * secrets.randbelow(RETRY_SPREAD_MS) / RETRY_SPREAD_MS
    while stream.ended_by is None:
        news = await stream.take(wait_s)
        wait_s = heartbeat_s
        if news:
            yield b"".join(map(block_of, news))
        elif stream.ended_by is None:
            yield HEARTBEAT
    if stream.ended_by == SET_BACK:
        yield _own_block(stream, SET_BACK_KIND, clock)


def _own_block(stream: Stream, kind: str, clock: Clock) -> bytes:
    """Return a block of the stream's own. It has data: readers pass over a block without any."""
    data = {
        "no": stream.last_no,
        "kind": kind,
        "at": instant(clock.now()),
        "transfer_id": None,
        "repayment_id": None,
    }
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        stream.last_no,
        kind.encode(),
        orjson.dumps(data),
    )


def block_of(event: MemberEvent) -> bytes:
    data = orjson.dumps(show_event(event))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.no, event.kind.encode(), data)


def show_event(event: MemberEvent) -> dict[str, object]:
    transfer_id, repayment_id = event.transfer_id, event.repayment_id
    shown: dict[str, object] = {
        "no": event.no,
        "kind": event.kind,
        "at": instant(event.at),
        "transfer_id": None if transfer_id is None else public_id(TRANSFER, transfer_id),
        "repayment_id": None if repayment_id is None else public_id(REPAYMENT, repayment_id),
    }
    return shown | _state(event) | {name: event.data[name] for name in SHOWN if name in event.data}


def _state(event: MemberEvent) -> dict[str, object]:
    """Return the state that it went into, in the words of /v1/transfers and /v1/repayments."""
    word = str(event.data.get("state", event.kind.partition(".")[2]))
    if event.transfer_id is not None and word in set(transfer.State):
        state = transfer.State(word)
        is_final = state in transfer.FINAL_FOR_MEMBER
        return {"state": word, "status": STATUS[state], "is_final": is_final}
    if event.repayment_id is not None and word in set(repayment.State):
        is_final = repayment.State(word) in repayment.FINAL_FOR_MEMBER
        return {"state": word, "is_final": is_final}
    return {}
