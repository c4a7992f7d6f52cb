"""Whoever follows docs/adding_a_bank.md to the letter has a bank that conforms."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from gateway.adapters.registry import BANKS

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "adding_a_bank.md").read_text("utf-8")
BLOCK = r"\n\n```(?:python|toml|markdown)\n(.*?)\n```$"
NEW_FILE = re.compile(r"^`([\w/.]+)`:" + BLOCK, re.MULTILINE | re.DOTALL)
ADDED = re.compile(r"^In `([\w/.]+)`, after `([^`]+)`:" + BLOCK, re.MULTILINE | re.DOTALL)
NUMBERS = re.compile(r"^Copy all of `paypay` to the end of .*?:" + BLOCK, re.MULTILINE | re.DOTALL)
COPIED = ("gateway", "gateway_pytest", "sql", "scripts", "docs", "tests", "pyproject.toml")
# What misses a file, or a line in a list, that the page forgot to name.
COMPLETE = (
    "tests/adapters/test_tables.py",
    "tests/adapters/test_mutations.py",
    "tests/architecture/test_documents.py",
    "tests/architecture/test_drawings.py",
    "tests/architecture/test_layout.py",
    "tests/domain/test_account.py",
    "tests/domain/test_branches.py",
    "tests/sandbox/test_every_bank.py",
    "tests/test_bank_fields.py",
    "tests/test_config.py",
    "tests/test_docs.py",
)
OF_OTHER_BANKS = [f"test_mutations and {bank}" for bank in BANKS]
# Tests of files that are not in the copy.
OF_THE_WHOLE = ["the_lock", "links_between_pages"]
ABOUT = "not (" + " or ".join(f"({one})" for one in OF_OTHER_BANKS + OF_THE_WHOLE) + ")"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project with all that the page says."""
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            unread = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, tmp_path / name, ignore=unread)
        else:
            shutil.copy(source, tmp_path / name)
    _follow(tmp_path)
    return tmp_path


def _follow(project: Path) -> None:
    for name, text in NEW_FILE.findall(PAGE):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    for name, anchor, text in ADDED.findall(PAGE):
        path = project / name
        lines = path.read_text("utf-8").split("\n")
        (place,) = [number for number, line in enumerate(lines) if _is_at(anchor, line)]
        path.write_text("\n".join([*lines[: place + 1], text, *lines[place + 1 :]]), "utf-8")
    _copy_the_numbers(project / "gateway" / "banks.toml")


def _copy_the_numbers(path: Path) -> None:
    """Append the table of `paypay` as that of `toy`, with the lines of the page in it."""
    tables = path.read_text("utf-8")
    after = tables[tables.index("[paypay]") :]
    # Its hours are tables of their own: `[[paypay.windows]]`.
    table = re.split(r"\n(?=\[\[?(?!paypay|\[))", after, maxsplit=1)[0].replace("[paypay", "[toy")
    (changed,) = NUMBERS.findall(PAGE)
    for line in changed.splitlines():
        table, count = re.subn(rf"^{line.split()[0]} .*$", line, table, flags=re.MULTILINE)
        assert count == 1, line
    path.write_text(f"{tables.rstrip()}\n\n{table.rstrip()}\n", "utf-8")


def _is_at(anchor: str, line: str) -> bool:
    """Whether a line is the one meant: the anchor itself, or the row of a table that has it."""
    return line.strip() == anchor or (line.startswith("|") and f"`{anchor}`" in line)


async def _run(project: Path, *command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=project,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(100):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_the_bank_of_the_page_conforms_and_changes_no_other(copy: Path) -> None:
    await _run(copy, "scripts/freeze_branches")

    results = json.loads(
        await _run(copy, "-m", "gateway", "conformance", "--bank", "toy", "--json")
    )

    assert {result["bank"] for result in results} == {"toy"}
    assert [result for result in results if result["deviation"] is not None] == []
    assert len({result["group"] for result in results}) >= 10
    assert "toy" not in BANKS


async def test_the_page_names_all_that_a_bank_needs(copy: Path) -> None:
    for script in ("scripts/freeze_branches", "scripts/draw_hours"):
        await _run(copy, script)

    done = await _run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", ABOUT, *COMPLETE)

    assert re.search(r"[1-9][0-9]* passed", done), done
