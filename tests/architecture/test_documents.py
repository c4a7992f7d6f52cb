"""What is written down is whole, and says nothing that is not so."""

import re
import tomllib

import pytest

from gateway.config import PREFIX, Settings
from tests.architecture.project import PROJECT, shown, text_files

# Put together here, so that this file does not contain what it looks for.
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
)
REGISTRIES = re.compile(
    "|".join(
        re.escape(left + right)
        for left, right in [
            ("pypi", ".org"),
            ("python", "hosted"),
            ("npmjs", ".org"),
            ("docker", ".io"),
            ("ghcr", ".io"),
            ("index", "-url"),
            ("find", "-links"),
        ]
    )
)
SETTINGS_PAGE = PROJECT / "docs" / "settings.md"
RECORDS = sorted((PROJECT / "docs" / "adr").glob("[0-9]*.md"))


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{shown(path)}: {match.group()}"
        for path in text_files()
        for match in pattern.finditer(path.read_text("utf-8"))
    ]


def _bank_values() -> list[tuple[str, dict[str, object]]]:
    tables = tomllib.loads((PROJECT / "gateway" / "banks.toml").read_text("utf-8"))
    return [
        (f"{bank}.{name}", row)
        for bank, table in tables.items()
        for name, value in table.items()
        for row in (value if isinstance(value, list) else [value])
    ]


@pytest.mark.parametrize(("name", "row"), _bank_values())
def test_every_value_of_a_bank_says_where_it_is_from_and_since_when(name, row):
    assert row.get("source"), name
    assert row.get("valid_from"), name


def test_every_setting_is_documented_and_no_other():
    documented = set(re.findall(rf"`{PREFIX}([A-Z0-9_]+)`", SETTINGS_PAGE.read_text("utf-8")))
    secret_files = {name for name in documented if name.endswith("_FILE")}

    assert documented - secret_files == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("path", RECORDS, ids=shown)
def test_every_decision_names_the_check_that_holds_it(path):
    _, check, named = path.read_text("utf-8").rpartition("\nCheck: ")
    files = [PROJECT / name for name in re.findall(r"`([\w./*-]+(?:/[\w.*-]+|\.toml))`", named)]

    assert check
    assert files
    assert [shown(file) for file in files if not list(PROJECT.glob(shown(file)))] == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    needed = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=;~! ]", line)[0] for line in needed}
    page = (PROJECT / "docs" / "dependencies.md").read_text("utf-8")

    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", page)} == set()


def test_nothing_is_marked_as_unfinished():
    assert _found(UNFINISHED) == []


def test_no_file_names_a_package_registry():
    assert _found(REGISTRIES) == []


def test_the_lock_has_versions_and_hashes_and_no_addresses():
    lock = (PROJECT / "requirements.lock").read_text("utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==", lock, re.MULTILINE)
    blocks = re.split(r"\n(?=[a-z])", lock.strip())

    assert len(pinned) == len(blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
