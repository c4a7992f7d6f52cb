"""Tables that come with a release: sealed by row count and SHA-256, tested when they are read.

A table that was cut short still reads well: a branch or a holiday would only seem not to exist.
"""

import hashlib
import pkgutil
import re

SEAL = re.compile(
    r"^# .+(?P<seal>; (?P<rows>\d+) rows; sha256 (?P<digest>[0-9a-f]{64}))$", re.ASCII
)


class TableDamaged(RuntimeError):
    """A table is not there, or not as it was released: nothing may be decided by it."""


def sealed(head: str, rows: list[str]) -> str:
    """Return a whole table: its first line, which says what follows, and the rows."""
    body = "".join(f"{row}\n" for row in rows)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return f"{head}; {len(rows)} rows; sha256 {digest}\n{body}"


def packaged(name: str) -> tuple[str, list[str]]:
    """Return the first line and the rows of a table beside this module. Raises TableDamaged."""
    try:
        # By the importer: to the event loop it is one more module being imported.
        table = pkgutil.get_data("gateway.domain", name)
    except OSError as error:
        raise TableDamaged(f"gateway/domain/{name}: {error.strerror}") from error
    return unsealed(f"gateway/domain/{name}", table)


def unsealed(name: str, table: bytes | None) -> tuple[str, list[str]]:
    """Return the first line, without its seal, and the rows. Raises TableDamaged."""
    if table is None:
        raise TableDamaged(f"{name}: is not there; install the release again")
    head, _, body = table.partition(b"\n")
    first = head.decode("utf-8", "replace")
    seal = SEAL.match(first)
    if seal is None:
        raise TableDamaged(f"{name}: its first line says no row count and SHA-256")
    if hashlib.sha256(body).hexdigest() != seal["digest"]:
        count = body.count(b"\n")
        raise TableDamaged(
            f"{name}: {count} rows that are not the {seal['rows']} of its release; install it again"
        )
    rows = body.decode().splitlines()
    if len(rows) != int(seal["rows"]):
        raise TableDamaged(f"{name}: {len(rows)} rows, its first line says {seal['rows']}")
    return first.removesuffix(seal["seal"]), rows
