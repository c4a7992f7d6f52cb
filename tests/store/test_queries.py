"""SQL files: named once, used once, and true of the schema."""

import re
from collections import Counter
from pathlib import Path

import pytest

from gateway.store.sql import SQL, load_queries, sql_directory

SOURCE = Path(__file__).parents[2] / "gateway"
USE = re.compile(r'\bSQL\["([a-z0-9_.]+)"\]')


@pytest.mark.parametrize("name", sorted(SQL))
async def test_every_query_can_be_prepared_on_the_migrated_schema(name, database):
    await database.fetch(f"PREPARE query AS {SQL[name]}")


def test_every_query_is_used_exactly_once():
    text = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    # The loader's docstring shows a use.
    text = text.replace('`SQL["transfers.claim"]`', "")

    assert Counter(USE.findall(text)) == dict.fromkeys(SQL, 1)


def test_every_function_is_called_by_a_query_or_by_another_function():
    files = (sql_directory() / "functions").glob("*.sql")
    bodies = {path.stem: path.read_text("utf-8").partition("AS $$")[2] for path in files}
    texts = [*SQL.values(), *bodies.values()]
    called = {name for text in texts for name in re.findall(r"\b([a-z_]+)\(", text)}

    assert bodies.keys() <= called


def test_a_function_file_defines_the_function_of_its_name_and_no_other():
    for path in (sql_directory() / "functions").glob("*.sql"):
        defined = re.findall(r"CREATE OR REPLACE FUNCTION (\w+)", path.read_text("utf-8"))

        assert defined == [path.stem]


def test_a_query_ends_where_the_next_one_begins(tmp_path):
    text = "-- name: one\nSELECT 1;\n\n-- name: two\n-- Why.\nSELECT 2\n"
    (tmp_path / "numbers.sql").write_text(text)

    queries = load_queries(tmp_path)

    assert queries == {"numbers.one": "SELECT 1", "numbers.two": "-- Why.\nSELECT 2"}


def test_two_queries_of_one_name_are_refused(tmp_path):
    (tmp_path / "numbers.sql").write_text("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")

    with pytest.raises(ValueError, match=r"numbers\.one"):
        load_queries(tmp_path)


def test_a_misspelt_name_is_a_key_error():
    with pytest.raises(KeyError):
        SQL["transfers.clam"]
