"""A gateway from outside, whatever its version: by HTTP and by command, nothing imported.

`EXAMINED_AT` names the checkout whose program is run; without it, this one.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

CHECKOUT = Path(os.environ.get("EXAMINED_AT") or Path(__file__).parents[2])
WITHIN_S = 60
NUMBER, PIN = "10000001", "2468"  # the demo's member
PROXY = "127.0.0.1"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """`gateway …` of a checkout, in a folder."""

    checkout: Path
    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(self.checkout),
            "PYTHONDONTWRITEBYTECODE": "1",
            **settings,
        }

    def __call__(self, *words: str, **settings: str) -> Ended:
        """Run it; `settings` are environment."""
        run = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "gateway", *words],
            cwd=self.folder,
            env=self.environment(**settings),
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
        return Ended(
            run.returncode,
            run.stdout.decode("utf-8", "replace"),
            run.stderr.decode("utf-8", "replace"),
        )


@dataclass(frozen=True)
class Demo:
    """A demo that serves, and its member's pages."""

    url: str
    program: Program
    http: httpx.Client

    def guess(self, number: str, source: str) -> httpx.Response:
        """Try to sign in by a wrong PIN from somewhere."""
        return self.sign_in(number, "0000", {"X-Forwarded-For": source})

    def sign_in(
        self, number: str, pin: str, headers: dict[str, str], **more: object
    ) -> httpx.Response:
        wish = {"method": "member_number", "member_number": number, "pin": pin, **more}
        return self.http.post("/v1/sessions", json=wish, headers=headers)

    def member(self) -> dict[str, str]:
        """Return the head that the demo's member shows."""
        answer = self.sign_in(NUMBER, PIN, {"X-Forwarded-For": "198.51.100.1"})
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program, in an empty folder."""
    return Program(CHECKOUT, tmp_path)


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """One demo for all: each test has sources of its own, and nothing of the money is asked for."""
    folder = Path(tempfile.mkdtemp(prefix="examined-"))
    program = Program(CHECKOUT, folder)
    words = ("demo", "--port", "0", "--sandbox-port-base", "0", "--at", "2026-12-01T10:00:00+09:00")
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "gateway", *words],
        cwd=folder,
        env=program.environment(GATEWAY_TRUSTED_PROXIES=PROXY),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    hurry = threading.Timer(WITHIN_S, process.kill)
    hurry.start()
    try:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if "Ready" in line:
                break
        address = re.search(r"API +(http://\S+)", told)
        assert address is not None, told
        hurry.cancel()
        limits = httpx.Limits(max_connections=120)
        with httpx.Client(base_url=address[1], limits=limits, timeout=WITHIN_S) as http:
            yield Demo(address[1], program, http)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)
