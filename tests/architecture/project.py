"""Where the project's own files are."""

from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PLACES = (
    "gateway",
    "gateway_pytest",
    "sql",
    "tests",
    "docs",
    "bench",
    "chaos",
    "mutants",
    "examples",
    "scripts",
    ".ci",
)
TEXT = {".py", ".sql", ".md", ".toml", ".yml", ".sh", ".html", ".css", ".js", ".txt", ".lock", ""}

OTHERS = {"__pycache__", ".git", ".ruff_cache", ".pytest_cache", "vendored", "node_modules"}


def python_files(place: str) -> list[Path]:
    return sorted((PROJECT / place).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """Yield every file that people of this project write, at the top and below its directories."""
    top = (p for p in PROJECT.iterdir() if p.is_file() and not p.name.startswith(".coverage"))
    below = (path for place in PLACES for path in (PROJECT / place).rglob("*") if path.is_file())
    for path in (*top, *below):
        if path.suffix in TEXT and OTHERS.isdisjoint(path.parts):
            yield path


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT))
