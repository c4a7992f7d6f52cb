"""Try faults in copies of the tree: plant one, run the tests that cover it, put it right again."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from mutants.fault import Fault

SIDE_BY_SIDE = os.cpu_count() or 1
WITHIN_S = 300
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of its own is made in it
UNREADABLE = re.compile(r"PostgresSyntaxError|syntax error at")


class Verdict(StrEnum):
    """The outcome of a fault. An `unreadable` one is none: another is drawn in its place."""

    NOTICED = "noticed"
    BY_TYPES = "noticed by types"
    TIMED_OUT = "timed out"
    UNREADABLE = "unreadable"
    NOT_COVERED = "not covered"
    NOT_NOTICED = "not noticed"


@dataclass(frozen=True, slots=True)
class Try:
    """A fault, what became of it, the test that noticed it, and how many were asked to."""

    fault: Fault
    verdict: Verdict
    by: str
    tests: int


def read_tries(file: Path) -> list[Try]:
    """Return what was tried before; nothing where no run has begun."""
    if not file.exists():
        return []
    read = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [
        Try(Fault.from_json(one["fault"]), Verdict(one["verdict"]), one["by"], one["tests"])
        for one in read
    ]


class Tree:
    """A copy of the tree, in which one fault at a time is planted."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sound: set[str] = set()

    async def try_fault(self, fault: Fault, tests: list[str]) -> Try:
        """Plant a fault, run those tests, and put the file right again."""
        path = self._root / fault.file
        text = path.read_text("utf-8")
        path.write_text(fault.plant(text), "utf-8")
        try:
            verdict, by = await self._verdict(fault, tests)
        finally:
            path.write_text(text, "utf-8")
        if verdict is Verdict.NOTICED and not await self._is_sound(by):
            return await self.try_fault(fault, [test for test in tests if test != by])
        return Try(fault, verdict, by, len(tests))

    async def _verdict(self, fault: Fault, tests: list[str]) -> tuple[Verdict, str]:
        if not tests:
            return Verdict.NOT_COVERED, ""
        code, said = await self._pytest(*tests)
        if code is None:
            return Verdict.TIMED_OUT, ""
        if code:
            failed = next((test for test in tests if _has_failed(test, said)), "")
            is_readable = fault.layer != "sql" or UNREADABLE.search(said) is None
            verdict = Verdict.NOTICED if is_readable else Verdict.UNREADABLE
            return verdict, failed
        if fault.layer != "sql":
            code, said = await _run(self._root, "mypy", fault.file)
            if code:
                return Verdict.BY_TYPES, said.splitlines()[0]
        return Verdict.NOT_NOTICED, ""

    async def _is_sound(self, test: str) -> bool:
        """Return whether a failed test holds without the fault; a broken run names no test."""
        if test and test not in self._sound:
            code, _ = await self._pytest(test)
            if code:
                return False
            self._sound.add(test)
        return True

    async def _pytest(self, *tests: str) -> tuple[int | None, str]:
        plain = ("-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", "0")
        return await _run(self._root, "pytest", *plain, *tests)


async def try_faults(
    root: Path, choose: Callable[[Fault], list[str]], faults: Iterable[Fault], size: int, file: Path
) -> AsyncIterator[Try]:
    """Yield what becomes of `size` faults, side by side; those in the file are not tried again."""
    known = {one.fault for one in read_tries(file)}
    room = size - sum(one.verdict is not Verdict.UNREADABLE for one in read_tries(file))
    left = (fault for fault in faults if fault not in known)
    with _copies(root, SIDE_BY_SIDE) as places:
        free = [Tree(place) for place in places]
        busy: dict[asyncio.Task[Try], Tree] = {}
        while True:
            while free and len(busy) < room and (fault := next(left, None)) is not None:
                tree = free.pop()
                busy[asyncio.create_task(tree.try_fault(fault, choose(fault)))] = tree
            if not busy:
                return
            done, _ = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                free.append(busy.pop(task))
                tried = task.result()
                room -= tried.verdict is not Verdict.UNREADABLE
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(tried)) + "\n")
                yield tried


def _has_failed(test: str, said: str) -> bool:
    """Return whether pytest's last lines name the test; names may have spaces in them."""
    return f"FAILED {test}" in said or f"ERROR {test}" in said


async def _run(tree: Path, module: str, *arguments: str) -> tuple[int | None, str]:
    """Run a module of Python in the tree; return its exit code (None past the time) and words."""
    own = {"PYTHONPATH": str(tree), "TMPDIR": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        cwd=tree,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return None, ""
    finally:
        _end(process)
    return process.returncode, said.decode(errors="replace")


def _end(process: asyncio.subprocess.Process) -> None:
    """End whatever the run has started and left: its group is its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def _copies(root: Path, count: int) -> Iterator[list[Path]]:
    """Copy what git knows of the tree, into memory where there is some; take it away at the end."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the git of whoever develops here
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=memory) as place:
        trees = [Path(place) / str(number) for number in range(count)]
        for tree in trees:
            for name in listed.stdout.split("\0")[:-1]:
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, tree / name)
        yield trees
