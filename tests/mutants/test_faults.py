"""Which small faults are found in a text; a row each."""

import pytest

from mutants.fault import Fault, Source
from mutants.python_faults import python_faults
from mutants.sql_faults import sql_faults

LOCKED = """SELECT a INTO b FROM t
    WHERE t.id = p_id AND t.at < now() - interval '5 minutes'
    FOR UPDATE;
"""
FUNCTION = """AS $$
BEGIN
    UPDATE t SET state = v_new.state, fence = t.fence + 1 WHERE t.id = p_id;
    PERFORM book(p_id);
END $$;
"""
PYTHON = """def is_due(row: Row) -> bool:
    if row.at < now or row.state is State.SETTLED:
        raise NotDue(row.id)
    row.state = State.REVIEW
    log.info("row.due", id=row.id)
    return min(row.first, row.second) + 1
"""


def changes(faults: list[Fault]) -> set[tuple[str, str, str]]:
    return {(one.kind, " ".join(one.old.split()), " ".join(one.new.split())) for one in faults}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (LOCKED, ("condition dropped", "WHERE t.id = p_id", "WHERE true")),
        (LOCKED, ("condition dropped", "AND t.at < now() - interval '5 minutes'", "")),
        (LOCKED, ("and/or", "AND", "OR")),
        (LOCKED, ("boundary", "<", "<=")),
        (LOCKED, ("lock removed", "FOR UPDATE", "")),
        (LOCKED, ("constant changed", "5", "50")),
        (FUNCTION, ("step removed", "state = v_new.state,", "")),
        (FUNCTION, ("step removed", "PERFORM book(p_id);", "NULL;")),
        (FUNCTION, ("wrong variable", "v_new.state", "v_old.state")),
        ("ORDER BY at DESC", ("order turned", "DESC", "")),
        ("WHERE a IN ('x', 'y')", ("entry removed", ", 'y'", "")),
        ("CASE WHEN NOT a THEN 1 END", ("condition turned", "NOT", "")),
        ("CASE WHEN a IS NULL THEN 1 END", ("condition turned", "NULL", "NOT NULL")),
    ],
)
def test_a_fault_of_each_kind_is_found_in_sql(text: str, change: tuple[str, str, str]) -> None:
    assert change in changes(list(sql_faults(Source("sql/queries/t.sql", text))))


@pytest.mark.parametrize(
    "change",
    [
        ("boundary", "<", "<="),
        ("condition turned", "is", "is not"),
        ("condition dropped", "row.at < now or row.state is State.SETTLED", "((row.at < now))"),
        ("state/member changed", "State.SETTLED", "State.REVIEW"),
        ("exception swallowed", "raise NotDue(row.id)", "pass"),
        ("step removed", "row.state = State.REVIEW", "pass"),
        ("alert or log removed", 'log.info("row.due", id=row.id)', "pass"),
        ("wrong word", "min", "max"),
        ("wrong variable", "row.first, row.second", "row.second, row.first"),
        ("constant changed", "1", "2"),
        ("exception swallowed", "return min(row.first, row.second) + 1", "return None"),
    ],
)
def test_a_fault_of_each_kind_is_found_in_python(change: tuple[str, str, str]) -> None:
    assert change in changes(list(python_faults(Source("gateway/domain/t.py", PYTHON))))


def test_comments_and_texts_hold_no_faults() -> None:
    text = "-- WHERE a AND b FOR UPDATE 1 DESC\nSELECT 'WHERE a AND 1 < 2' FROM t"

    assert list(sql_faults(Source("sql/queries/t.sql", text))) == []


def test_what_is_planted_is_only_the_fault() -> None:
    source = Source("sql/queries/t.sql", LOCKED)
    fault = next(one for one in sql_faults(source) if one.kind == "lock removed")

    assert fault.plant(LOCKED) == LOCKED.replace("FOR UPDATE", "")
    assert fault.line == 3


def test_a_fault_is_not_planted_in_another_text() -> None:
    fault = next(sql_faults(Source("sql/queries/t.sql", LOCKED)))

    with pytest.raises(ValueError, match="has changed"):
        fault.plant("SELECT 1" + LOCKED)
