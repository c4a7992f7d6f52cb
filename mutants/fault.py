"""One small fault in one file, and the same text with it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Fault:
    """Replace `old` at `start` (a character of the file's text) by `new`."""

    file: str
    line: int
    kind: str
    start: int
    old: str
    new: str

    @property
    def layer(self) -> str:
        """Return the part of the house that the file belongs to: `sql`, `domain`, `services` …"""
        top, rest = self.file.split("/", 1)
        return top if top != "gateway" else rest.split("/", 1)[0]

    def plant(self, text: str) -> str:
        """Return the text with the fault in it.

        Raises ValueError when the text is not the one that the fault was drawn from.
        """
        end = self.start + len(self.old)
        if text[self.start : end] != self.old:
            raise ValueError(f"{self.file} has changed since this fault was drawn")
        return text[: self.start] + self.new + text[end:]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, read: dict[str, Any]) -> Self:
        return cls(**read)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, and the faults' places in it."""

    file: str
    text: str

    @classmethod
    def read(cls, root: Path, file: str) -> Self:
        return cls(file, (root / file).read_text("utf-8"))

    def fault(self, kind: str, start: int, end: int, new: str) -> Fault:
        """Return the fault that puts `new` where the text from `start` to `end` is."""
        line = self.text.count("\n", 0, start) + 1
        return Fault(self.file, line, kind, start, self.text[start:end], new)
