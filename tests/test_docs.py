"""The documents say what the code says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Settings
from gateway.domain import repayment
from gateway.domain.reason import Reason
from gateway.domain.transfer import State

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
PAGES = sorted({*DOCS.rglob("*.md"), *ROOT.glob("*.md")})


def text(path: Path) -> str:
    return path.read_text("utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(text(ROOT / "pyproject.toml"))


def first_column(page: str) -> set[str]:
    return {
        name
        for line in text(DOCS / page).splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def test_every_dependency_has_a_reason_and_every_reason_a_dependency() -> None:
    named = project()
    required = [*named["project"]["dependencies"], *named["dependency-groups"]["dev"]]
    packages = {re.split(r"[\[>=;]", line)[0] for line in required}
    left_out = {"httpx-aiohttp", "aiosql", "freezegun", "time-machine"}

    assert first_column("dependencies.md") - left_out == packages


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    settings = {f"GATEWAY_{name.upper()}" for name in Settings.model_fields}

    assert first_column("settings.md") == settings


@pytest.mark.parametrize("word", sorted({str(w) for w in (*State, *repayment.State, *Reason)}))
def test_states_and_reasons_are_in_the_glossary(word: str) -> None:
    assert f"| `{word}` |" in text(DOCS / "glossary.md")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_one_page_and_names_the_check_that_holds_it(page: Path) -> None:
    words = text(page)
    headings = re.findall(r"^## (.+)$", words, re.MULTILINE)
    check = words.partition("\nCheck: ")[2]
    paths = re.findall(r"`([\w/]+\.(?:py|toml)|scripts/\w+)`", check)

    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(words.splitlines()) < 60
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_check_names_import_contracts_that_exist(page: Path) -> None:
    contracts = {contract["name"] for contract in project()["tool"]["importlinter"]["contracts"]}
    check = text(page).partition("\nCheck: ")[2].replace("\n", " ")
    quoted = set(re.findall(r'"([^"]+)"', check))

    assert quoted <= contracts


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    index = text(DOCS / "adr" / "README.md")

    assert [page.name[:4] for page in DECISIONS] == [
        f"{n:04}" for n in range(1, len(DECISIONS) + 1)
    ]
    assert all(f"({page.name})" in index for page in DECISIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text(page))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_domain_has_no_inexact_numbers() -> None:
    """ADR 0005: durations in seconds may be floats, money may not."""
    found = [
        path.name
        for path in (ROOT / "gateway" / "domain").glob("*.py")
        if re.search(r"\bDecimal\b|\bfloat\(", text(path))
    ]

    assert found == []


def test_nothing_of_our_own_is_patched_and_the_database_has_no_twin() -> None:
    """ADR 0003: one `Database`, and tests that run on it."""
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    patched = [p.name for p in tests if re.search(r"mock\.patch|setattr\(\s*\"gateway", text(p))]
    classes = [
        f"{path.name}: {name}"
        for folder in ("gateway", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"^class (\w*Database\w*)", text(path), re.MULTILINE)
    ]

    assert patched == []
    assert classes == ["database.py: Database"]
