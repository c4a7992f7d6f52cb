"""What is asked of everybody connected, or of a day, never reads a whole table or a history."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.store.sql import SQL

NOW = datetime(2026, 11, 25, tzinfo=UTC)
FILL = {
    "sessions": """WITH known AS (INSERT INTO members (member_id, member_number, kana,
                sender_name, pin_hash, created_at)
            SELECT m, m, '', '', '', $2 FROM unnest($1::uuid[]) AS m)
        INSERT INTO sessions (member_id, id, secret_sha256, opened_at, seen_at, ends_at)
        SELECT m, m, '', $2, $2, $2 FROM unnest($1::uuid[]) AS m""",
    "events": """WITH l AS (INSERT INTO loans (member_id, credit_limit, event_no)
            SELECT m, 1, 4 FROM unnest($1::uuid[]) AS m)
        INSERT INTO events (member_id, no, kind, data, at)
        SELECT m, no, 'transfer.settled', '{}', $2
        FROM unnest($1::uuid[]) AS m CROSS JOIN generate_series(1, 4) AS no""",
}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("name", "table", "types"),
    [
        pytest.param(
            "sessions.find_ended",
            "sessions",
            ("uuid[]", "uuid[]", "timestamptz", "timestamptz"),
            id="which sessions have ended",
        ),
        pytest.param(
            "events.read_after", "events", ("uuid[]", "bigint[]", "bigint"), id="what is new"
        ),
    ],
)
@pytest.mark.parametrize("is_known", [True, False], ids=["analysed", "never analysed"])
async def test_everybody_costs_one_look_into_the_primary_key_each(
    owner, name, table, types, mode, *, is_known
):
    members = [uuid4() for _ in range(1000)]
    await owner.execute(FILL[table].replace("$2", f"'{NOW}'::timestamptz"), members)
    if is_known:
        await owner.execute("ANALYZE")
    everybody = "'{" + ",".join(map(str, members)) + "}'"
    given = {"uuid[]": everybody, "bigint[]": f"array_fill(4, ARRAY[{len(members)}])"}
    given |= {"timestamptz": f"'{NOW}'", "bigint": "100"}
    await owner.execute(f"SET plan_cache_mode = {mode}")
    await owner.execute(f"PREPARE query ({', '.join(types)}) AS {SQL[name]}")

    plan = await owner.fetch(f"EXPLAIN EXECUTE query({', '.join(given[t] for t in types)})")

    assert "Seq Scan" not in "".join(row[0] for row in plan)


DAYS, MEMBERS, DAY = 1_000, 5, date(2026, 3, 1)
CASH = "settlement_cash:smbc"
# A member of whom every day brings an entry with its transfer and its posting; the house moves, and
# people look at something, every day.
HISTORY = """
WITH moved AS (
    SELECT m, gen_random_uuid() AS id, gen_random_uuid() AS source, gen_random_uuid() AS journal,
        date '2026-01-01' + day AS on_day
    FROM unnest($1::uuid[]) AS m CROSS JOIN generate_series(0, $2 - 1) AS day
), entries AS (
    INSERT INTO loan_entries (
        member_id, id, kind, amount, effective_on, at, house, source_id, journal, recorded_at)
    SELECT m, id, 'advance', 1, on_day, on_day, 'settlement_cash:smbc', source, journal, on_day
    FROM moved
), posted AS (
    INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at)
    SELECT m, id, journal, 'principal', 'settlement_cash:smbc', 1000, on_day, on_day FROM moved
), house AS (
    INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at)
    SELECT $4, id, id, 'settlement_cash:smbc', 'funding', 1, on_day, on_day FROM moved
), looked AS (
    INSERT INTO review_items (member_id, id, key, kind, bank, booked_on, details, raised_at)
    SELECT m, id, id, 'only_us', 'smbc', on_day, '{"bank_id": "1"}', on_day FROM moved
), lines AS (
    INSERT INTO statement_lines (
        bank, day, line_no, bank_id, direction, amount, booked_at, value_date, reference,
        is_return, read_at)
    SELECT 'smbc', on_day, row_number() OVER (PARTITION BY on_day), id, 'out', 1, on_day, on_day,
        id, FALSE, on_day
    FROM moved
)
SELECT m, source FROM moved WHERE on_day = $3
"""


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("name", "types", "arguments"),
    [
        pytest.param(
            "movements", "text, uuid[], uuid[]", "'{cash}', {members}, {sources}", id="of sources"
        ),
        pytest.param(
            "movements_of_day",
            "text, date, timestamptz, uuid, bigint",
            f"'{{cash}}', '{DAY}', '-infinity', '{UUID(int=0)}', 500",
            id="of the day",
        ),
        pytest.param("house_postings", "text, date", f"'{{cash}}', '{DAY}'", id="of the house"),
        pytest.param(
            "kept_lines", "text, date, integer, bigint", f"'smbc', '{DAY}', 0, 500", id="kept"
        ),
        pytest.param(
            "lines_elsewhere",
            "text, date, text[]",
            f"'smbc', '{DAY}', ARRAY['A', 'B']",
            id="elsewhere",
        ),
        pytest.param(
            "named_lines",
            "text, date, text",
            f"'{{cash}}', '{DAY}', 'smbc'",
            id="what the house's postings say of lines",
        ),
        pytest.param("of_line", "text, date, text", f"'smbc', '{DAY}', 'L1'", id="items of a line"),
    ],
)
async def test_a_day_is_read_without_the_history_before_it(owner, name, types, arguments, mode):
    members = [uuid4() for _ in range(MEMBERS)]
    rows = await owner.fetch(HISTORY, members, DAYS, DAY, UUID(int=0))
    await owner.execute("ANALYZE")
    given = arguments.format(
        cash=CASH,
        members=_uuids(row["m"] for row in rows),
        sources=_uuids(row["source"] for row in rows),
    )
    file = "reviews" if name == "of_line" else "reconciliation"
    await owner.execute(f"SET plan_cache_mode = {mode}")
    await owner.execute(f"PREPARE query ({types}) AS {SQL[f'{file}.{name}']}")

    plan = await owner.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE query({given})")

    # Ten looks for each of the day's five movements, not a thousand days of each.
    assert _rows_looked_at(json.loads(plan)[0]["Plan"]) <= 10 * MEMBERS


def _uuids(values) -> str:
    return "ARRAY[" + ",".join(f"'{value}'" for value in values) + "]::uuid[]"


def _rows_looked_at(node: dict[str, Any]) -> float:
    """Return how many rows a plan's scans of tables read, those that it threw away among them."""
    below: float = sum(_rows_looked_at(child) for child in node.get("Plans", ()))
    if "Relation Name" not in node:
        return below
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    looks: float = node["Actual Loops"]
    return below + float(node["Actual Rows"] + thrown) * looks


PAST = 2_000
# A member who has borrowed and paid back often, each time by a quote.
OFTEN = """
WITH member AS (
    INSERT INTO members (member_id, member_number, kana,
                sender_name, pin_hash, created_at)
    VALUES ($1, '10000001', 'ﾔﾏﾀﾞ', 'ﾌﾟﾛﾐｽ', '', $2)
), loan AS (
    INSERT INTO loans (member_id, credit_limit) VALUES ($1, 100000)
), account AS (
    INSERT INTO accounts (member_id, id, bank, branch, type, number, holder, registered_at)
    VALUES ($1, $1, 'smbc', '001', '1', '1234567', 'ﾔﾏﾀﾞ', $2)
), transfers AS (
    INSERT INTO transfers (member_id, id, account_id, bank, reference, amount, branch, type, number,
        holder, remitter, request_id, accepted_at, state, step, give_up_at, quote_id)
    SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'smbc',
        translate(lpad(n::text, 20, 'Z'), '0189', 'ABCD'), 1000, '001', '1', '1234567', 'ﾔﾏﾀﾞ',
        'ﾌﾟﾛﾐｽ', '', $2 - interval '1 day', 'settled', $1, $2, gen_random_uuid()
    FROM generate_series(1, $3) AS n
)
INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description, return_url,
    request_id, accepted_at, expires_at, state, step, start_until, watch_until, quote_id)
SELECT $1, gen_random_uuid(), 'smbc', translate(lpad(n::text, 20, 'Z'), '0189', 'ABCD'), 'amount',
    1000, '', '', '', $2, $2, 'settled', $1, $2, $2, gen_random_uuid()
FROM generate_series(1, $3) AS n
"""
BORROW = """
SELECT result FROM accept_transfer_once(
    $1::uuid, gen_random_uuid(), 'key', '', $1::uuid, 'AAAAAAAAAAAAAAAAAAAA', 1000,
    $2::timestamptz, $2::timestamptz, FALSE, 12,
    'test', 'r',
    $1::uuid, gen_random_uuid(), $2::timestamptz, $2::timestamptz, NULL, NULL, NULL, NULL,
    '01a00000-0000-7000-8000-000000000000', $2::timestamptz - interval '60 s')
"""
REPAY = """
SELECT result FROM accept_repayment_once(
    $1::uuid, gen_random_uuid(), 'key', '', 0, 1000, $2::timestamptz, $1::uuid,
    jsonb_build_object('bank', 'smbc', 'reference', 'AAAAAAAAAAAAAAAAAAAA', 'kind', 'amount',
        'amount', 1000, 'description', '', 'return_url', '', 'request_id', 'r',
        'expires_at', $2::timestamptz, 'start_until', $2::timestamptz,
        'watch_until', $2::timestamptz, 'quote_id', gen_random_uuid()))
"""
LOOKED_AT = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer FROM pg_stat_xact_user_tables
WHERE relname = $1
"""


@pytest.mark.parametrize(
    ("table", "wish"),
    [
        pytest.param("transfers", BORROW, id="a transfer"),
        pytest.param("repayments", REPAY, id="a repayment"),
    ],
)
async def test_a_wish_is_accepted_without_looking_at_all_that_were_before_it(owner, table, wish):
    member = uuid4()
    await owner.execute(OFTEN, member, NOW, PAST)
    await owner.execute("ANALYZE")

    async with owner.transaction():
        assert await owner.fetchval(wish, member, NOW) == "accepted"
        looked_at = await owner.fetchval(LOOKED_AT, table)

    assert looked_at < PAST / 100


SETTLED, OPEN = 3_000, 20
# Many transfers that are over, settled but for a few, and some that are open; the last ones that
# were settled are asked about once more.
LONG_USED = """
INSERT INTO transfers (member_id, id, account_id, bank, reference, amount, branch, type, number,
    holder, remitter, request_id, accepted_at, state, step, give_up_at, inquire_at)
SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'smbc',
    translate(lpad(n::text, 20, 'Z'), '0189', 'ABCD'), 1000, '001', '1', '1234567', 'ﾔﾏﾀﾞ',
    'ﾌﾟﾛﾐｽ', '', $2, CASE
        WHEN n > $3 THEN
            (ARRAY['scheduled', 'submitting', 'submitted', 'unknown', 'review'])[1 + n % 5]
        WHEN n % 150 = 0 THEN 'rejected'
        ELSE 'settled' END,
    $1, $2, CASE WHEN n > $3 - $4 THEN $2::timestamptz END
FROM generate_series(1, $3::integer + $4::integer) AS n
"""
OPEN_STATES = "scheduled,submitting,submitted,unknown,review"


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("name", "states", "shown"),
    [
        pytest.param("transfers.open_by_state", None, 5, id="counted"),
        pytest.param("ops.transfers", OPEN_STATES, OPEN, id="open"),
        pytest.param("ops.transfers", "review", OPEN / 5, id="of one state"),
        pytest.param("ops.transfers", "rejected,returned", OPEN, id="few that are over"),
        pytest.param("ops.transfers", "settled", OPEN, id="some of the settled"),
        pytest.param("ops.transfers", "settled,rejected,settled", OPEN, id="all that is over"),
    ],
)
async def test_what_is_open_is_found_without_all_that_was_settled(owner, name, states, shown, mode):
    await owner.execute(LONG_USED, uuid4(), NOW, SETTLED, OPEN)
    await owner.execute("ANALYZE")
    types, given = "", ""
    if states is not None:
        types = "(text[], text, timestamptz, bigint, uuid)"
        given = f"('{{{states}}}', NULL, '{NOW}', {OPEN}, NULL)"
    await owner.execute(f"SET plan_cache_mode = {mode}")
    await owner.execute(f"PREPARE query {types} AS {SQL[name]}")

    plan = await owner.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE query{given}")

    top = json.loads(plan)[0]["Plan"]
    assert top["Actual Rows"] == shown
    assert _tables_read_whole(top) == []
    assert _rows_looked_at(top) <= 5 * OPEN


def _tables_read_whole(node: dict[str, Any]) -> list[str]:
    """Return the tables that a plan reads from their first row to the last."""
    below = [table for child in node.get("Plans", ()) for table in _tables_read_whole(child)]
    own = [str(node["Relation Name"])] if node["Node Type"] == "Seq Scan" else []
    return [*own, *below]
