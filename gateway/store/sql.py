"""SQL text by name: `SQL["transfers.claim"]` is the query `claim` of sql/queries/transfers.sql.

A query begins with `-- name: claim` and ends where the next one begins.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


@cache
def sql_directory() -> Path:
    """Return `sql/`: beside the package in a checkout, inside it in a wheel."""
    package = Path(str(files("gateway")))
    beside = package.parent / "sql"
    return beside if (beside / "migrations").is_dir() else package / "sql"


def load_queries(directory: Path) -> Mapping[str, str]:
    """Return the text of every named query, with its comments, without the final semicolon."""
    queries: dict[str, str] = {}
    for path in sorted(directory.glob("*.sql")):
        _, *pairs = NAME.split(path.read_text("utf-8"))
        for name, text in zip(pairs[::2], pairs[1::2], strict=True):
            key = f"{path.stem}.{name}"
            if key in queries:
                raise ValueError(f"two queries are named {key}")
            queries[key] = text.strip().removesuffix(";")
    return MappingProxyType(queries)


SQL = load_queries(sql_directory() / "queries")
