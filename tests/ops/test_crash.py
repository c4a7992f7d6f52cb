"""A crash point kills the process at the named visit, and no other."""

import signal
import subprocess
import sys

import pytest

from gateway.domain.errors import NotReady
from gateway.domain.ports import Point
from gateway.ops.crash import crash_checkpoint, no_checkpoint

PROGRAM = """
import sys
from gateway.domain.ports import Point
from gateway.ops.crash import crash_checkpoint
checkpoint = crash_checkpoint(sys.argv[1])
for visit in range(1, 4):
    for point in Point:
        checkpoint(point)
    print(visit, flush=True)
"""


def run(crash_at: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, crash_at],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("crash_at", "visits"),
    [
        pytest.param("accept.after_write:1", [], id="the first visit"),
        pytest.param("submit.headers_sent:3", ["1", "2"], id="the third visit"),
    ],
)
def test_the_process_dies_by_sigkill_at_the_nth_visit(crash_at: str, visits: list[str]) -> None:
    finished = run(crash_at)

    assert finished.returncode == -signal.SIGKILL
    assert finished.stdout.split() == visits


def test_a_point_that_is_reached_too_seldom_kills_nothing() -> None:
    assert run("record.after_write:4").returncode == 0


@pytest.mark.parametrize(
    "crash_at", ["accept", "accept.after_write", "accept.after_write:0", "no.such:1", "x:١"]
)
def test_a_crash_point_that_does_not_exist_is_refused_with_those_that_do(crash_at: str) -> None:
    with pytest.raises(NotReady, match=Point.SUBMIT_HEADERS_SENT):
        crash_checkpoint(crash_at)


def test_no_setting_means_no_crash() -> None:
    assert crash_checkpoint("") is no_checkpoint
