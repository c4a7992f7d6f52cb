"""What is asked many times a second of everybody connected never reads a whole table."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from gateway.store.sql import SQL

NOW = datetime(2026, 11, 25, tzinfo=UTC)
FILL = {
    "sessions": """INSERT INTO sessions (member_id, id, secret_sha256, opened_at, seen_at, ends_at)
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
