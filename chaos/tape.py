"""The tape: every step of a run, as it was taken, one JSON line each."""

import json
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import IO, Any


class Tape:
    """Writes steps to a file as they happen, and keeps them for the story at the end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.steps: list[dict[str, Any]] = []
        self._file: IO[str] = path.open("w", encoding="utf-8")
        self._began = monotonic()

    def write(self, act: str, **details: object) -> None:
        """Write one step down; `at` is the number of seconds since the run began."""
        step = {"at": round(monotonic() - self._began, 3), "act": act, **details}
        self.steps.append(step)
        self._file.write(json.dumps(step, ensure_ascii=False, default=str) + "\n")
        self._file.flush()

    def count(self, act: str) -> int:
        return sum(step["act"] == act for step in self.steps)

    def about(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return the steps that name one of `names`: a reference, a key, an id, a file."""
        wanted = [name for name in names if name]
        lines = ((step, json.dumps(step, default=str)) for step in self.steps)
        return [step for step, line in lines if any(name in line for name in wanted)]

    def close(self) -> None:
        self._file.close()
