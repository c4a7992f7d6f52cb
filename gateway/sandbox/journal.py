"""What happened at a bank, a JSON line each: a restarted emulator shows the same books."""

import asyncio
from pathlib import Path

import orjson

Record = dict[str, object]
FIRST_DAY: Record = {"kind": "reset"}


class Journal:
    """Appends to one file, or to nothing when there is no path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._lock = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    def read(self) -> list[Record]:
        """Return what was written since the last reset. Blocking: call it in a thread."""
        if self._path is None or not self._path.exists():
            return []
        written = self._path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if whole != written:
            # The process died while it wrote its last line; that answer was never given.
            self._path.write_bytes(whole)
        records: list[Record] = [orjson.loads(line) for line in whole.splitlines()]
        days = [place for place, record in enumerate(records) if record == FIRST_DAY]
        return records[days[-1] + 1 :] if days else records

    def append(self, record: Record) -> None:
        """Put a record in line. It is on file when the next `flush` has returned."""
        if self._path is not None:
            self._lines.append(orjson.dumps(record) + b"\n")

    async def flush(self) -> None:
        """Return when all that was appended so far is on file, whoever wrote it."""
        if self._path is None:
            return
        # Whoever is cut off while waiting takes no line with him: a stop waits for this writing.
        writing = asyncio.create_task(self._write(self._path))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        await asyncio.shield(writing)

    async def _write(self, path: Path) -> None:
        async with self._lock:
            lines, self._lines = self._lines, []
            if lines:
                await asyncio.to_thread(_append, path, b"".join(lines))


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
