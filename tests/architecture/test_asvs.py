"""The page about ASVS 5.0 is whole, names tests that are there, and leaves little open."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import get_args

from gateway.config import Settings
from tests.architecture.project import PROJECT

PAGE = (PROJECT / "docs" / "asvs.md").read_text("utf-8")
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|:]+): ([^|]+) \| (.+) \|$", re.MULTILINE
)
# How many requirements of level 1 and 2 each chapter of 5.0.0 has.
CHAPTERS = dict(enumerate((27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), start=1))
LEVELS = {"1": 70, "2": 183}
OPEN_MAX = 0.05
NEVER_OPEN = {6, 7, 8, 9, 10, 11}  # signing in, sessions, access control, tokens, cryptography
KEYS = ("_key", "_cert", "_ca")


@dataclass(frozen=True)
class Requirement:
    """A row of the page."""

    id: str
    level: str
    state: str
    says: str
    tests: str

    @property
    def chapter(self) -> int:
        return int(self.id.partition(".")[0])


ROWS = [Requirement(m[1], m[2], m[4], m[5], m[6]) for m in ROW.finditer(PAGE)]


def test_every_requirement_is_there_once() -> None:
    assert Counter(row.chapter for row in ROWS) == CHAPTERS
    assert Counter(row.level for row in ROWS) == LEVELS
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert len(ROWS) == len(re.findall(r"^\| \d+\.", PAGE, re.MULTILINE))


def test_what_is_held_names_a_test_and_what_is_not_gives_a_reason() -> None:
    assert {row.state for row in ROWS} == {"held", "open", "not applicable"}
    for row in ROWS:
        assert row.says.strip()
        assert (row.state == "held") == ("::test_" in row.tests), row


def test_little_is_open_and_nothing_about_who_gets_in_or_keys() -> None:
    applicable = [row for row in ROWS if row.state != "not applicable"]
    still_open = [row for row in applicable if row.state == "open"]

    assert len(still_open) <= OPEN_MAX * len(applicable)
    assert not {row.chapter for row in still_open} & NEVER_OPEN


def test_every_secret_and_key_is_in_the_inventory() -> None:
    """Each has its use, its algorithm and the way to replace it."""
    keys = PAGE.partition("## Keys")[2].partition("## Data")[0]
    listed = re.findall(r"^\| `GATEWAY_(\w+)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", keys, re.MULTILINE)
    secret = {
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
        or (name.endswith(KEYS) and "Path" in str(get_args(field.annotation)))
    }

    assert sorted(listed) == sorted(name.upper() for name in secret)


def test_every_table_has_its_class_of_data() -> None:
    data = PAGE.partition("## Data")[2].partition("## The requirements")[0]
    sql = "".join(
        path.read_text("utf-8")
        for path in (*(PROJECT / "sql" / "migrations").glob("*.sql"), PROJECT / "sql/bootstrap.sql")
    )
    made = set(re.findall(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", sql))

    assert set(re.findall(r"`(\w+)`", data)) == made


def test_the_days_for_mending_libraries_are_written_down() -> None:
    page = (PROJECT / "docs" / "dependencies.md").read_text("utf-8")
    days = page.partition("## How soon they are mended")[2].partition("\n## ")[0]

    assert re.findall(r"^\| (\w+) \| (\d+) days? \|$", days, re.MULTILINE) == [
        ("critical", "2"),
        ("high", "7"),
        ("medium", "30"),
        ("low", "90"),
    ]
