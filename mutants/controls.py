"""Controls of security, each with the text that switches it off and the test that must notice."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mutants.fault import Fault, Source

LISTED = Path(__file__).parent / "controls.toml"


@dataclass(frozen=True, slots=True)
class Control:
    """A control: `old` in a file; `new` switches it off; `id` is the requirement's."""

    id: str
    area: str
    what: str
    file: str
    old: str
    new: str
    test: str

    def fault(self, root: Path) -> Fault:
        """Return the fault that switches it off.

        Raises ValueError where `old` is not in the file exactly once.
        """
        source = Source.read(root, self.file)
        if source.text.count(self.old) != 1:
            raise ValueError(f"{self.what}: {self.old!r} is not in {self.file} exactly once")
        start = source.text.index(self.old)
        return source.fault(self.what, start, start + len(self.old), self.new)


def listed_controls(file: Path = LISTED) -> list[Control]:
    """Return them in the order of the file."""
    return [Control(**one) for one in tomllib.loads(file.read_text("utf-8"))["control"]]
