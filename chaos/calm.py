"""The end of a run: everything is put right, comes to rest, and is looked at once more."""

import asyncio
import signal
from collections.abc import Iterable
from datetime import datetime
from time import monotonic
from typing import Any

import asyncpg

from chaos.acts import Acts
from chaos.members import Told
from chaos.oracle import Cash, Heard, Moved, Row, Seen
from chaos.stage import Stage, days_from, until_ready

REPORT, UNREAD = "bank,day,verdict,", ",refused,"  # of a report as CSV
RECONCILE_TRIES = 5
OPEN_FILES = """
SELECT file_id, state, tries FROM bank_files WHERE state IN ('stored', 'accepted')
ORDER BY stored_at
"""
ROWS = """
SELECT '{flow}' AS flow, m.reference, m.state, m.reason,
    (SELECT count(*) FROM review_items i WHERE i.reference = m.reference AND i.state <> 'closed')
        AS open_items
FROM {flow}s m
"""
CASH = """
SELECT coalesce(t.reference, r.reference) AS reference,
    split_part(CASE WHEN p.debit LIKE 'settlement_cash:%' THEN p.debit ELSE p.credit END, ':', 2)
        AS bank,
    sum(CASE WHEN p.debit LIKE 'settlement_cash:%' THEN p.amount ELSE -p.amount END)::bigint
        AS amount,
    p.effective_on
FROM postings p
LEFT JOIN transfers t ON t.member_id = p.member_id AND t.id = p.transfer_id
LEFT JOIN repayments r ON r.member_id = p.member_id AND r.id = p.repayment_id
WHERE p.debit LIKE 'settlement_cash:%' OR p.credit LIKE 'settlement_cash:%'
GROUP BY 1, 2, p.journal, p.effective_on
"""


async def put_right(acts: Acts) -> None:
    """End every fault: banks, proxies, frozen processes, PostgreSQL."""
    stage = acts.stage
    for proxy in stage.proxies:
        proxy.is_refusing, proxy.delay_s, proxy.before, proxy.after = False, 0.0, None, None
        proxy.to_lose = proxy.to_lose_reads = 0
    for machine in stage.machines:
        machine.signal(signal.SIGCONT)
    for bank in stage.banks.urls:
        await stage.banks.control(bank, "PUT", "faults", [])
    stage.tape.write("all_put_right")


async def until_at_rest(acts: Acts, tasks: Iterable[asyncio.Task[None]], within_s: float) -> None:
    """Wait until every wish has its last word, or so long; what is left then is for the oracle."""
    stage = acts.stage
    deadline = monotonic() + within_s
    waiting = list(tasks)
    if waiting:
        await asyncio.wait(waiting, timeout=within_s)
    for task in waiting:
        task.cancel()
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        if isinstance(result, Exception):
            stage.tape.write("act_failed", error=repr(result))
    await _until_files_end(stage, deadline)
    try:
        await until_ready(stage.client, [machine.address for machine in stage.machines])
    except TimeoutError:
        stage.tape.write("machine_not_ready")


async def _until_files_end(stage: Stage, deadline: float) -> None:
    """Wait until no file may still be sent: one that is sent late is where money is paid twice."""
    while monotonic() < deadline:
        try:
            if not await stage.rows(OPEN_FILES):
                return
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            stage.tape.write("not_seen", error=str(error)[:200])
        await asyncio.sleep(0.5)


async def reconcile(stage: Stage, begins: datetime) -> list[str]:
    """Let the gateway read the statements of the run's days; return the days that it could not."""
    failed = []
    for day in days_from(begins, stage.clock.now().astimezone(begins.tzinfo)):
        for _ in range(RECONCILE_TRIES):
            _, written = await stage.ops("reconcile", "--date", day, "--format", "csv")
            if REPORT in written and UNREAD not in written:
                break
            await asyncio.sleep(1)
        else:
            failed.append(day)
    return failed


async def see(stage: Stage) -> Seen:
    """Look at all three: what members are told now, our rows and ledger, the banks' books."""
    crowd = stage.crowd
    by_number = {member.number: member for member in crowd.members}
    accepted = [told for told in crowd.told if told.last]
    for told in accepted:
        await crowd.look(by_number[told.member], told)
    rows = [
        Row(row["flow"], row["reference"], row["state"], row["reason"], row["open_items"])
        for flow in ("transfer", "repayment")
        for row in await stage.rows(ROWS.format(flow=flow))
    ]
    cash = [
        Cash(row["reference"] or "", row["bank"], row["amount"], row["effective_on"])
        for row in await stage.rows(CASH)
    ]
    moved = [
        _moved(bank, movement)
        for bank in stage.banks.urls
        for movement in await stage.banks.movements(bank)
    ]
    files = [row["file_id"] for row in await stage.rows(OPEN_FILES)]
    return Seen([heard(told) for told in accepted], rows, cash, moved, files)


def heard(told: Told) -> Heard:
    last = told.last
    return Heard(
        told.flow,
        told.reference,
        told.bank,
        told.amount,
        tuple(told.states),
        _instant(last.get("settled_at")),
        _instant(last.get("returned_at")),
        last.get("paid_amount"),
    )


def _moved(bank: str, movement: dict[str, Any]) -> Moved:
    sign = 1 if movement["direction"] == "in" else -1
    return Moved(
        movement["reference"] or "",
        bank,
        movement["kind"],
        sign * movement["amount"],
        datetime.fromisoformat(movement["instant"]),
    )


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
