"""Crash points: a process that kills itself where a test says, as a power cut would."""

import os
import signal
import threading

from gateway.domain.errors import SettingsWrong
from gateway.domain.ports import Checkpoint, Point


def no_checkpoint(point: Point, /) -> None:
    """Do nothing: the checkpoint of every process that is not under test."""


def crash_checkpoint(crash_at: str) -> Checkpoint:
    """Return the checkpoint that kills this process at `name:nth`, the nth time `name` is reached.

    The empty string never crashes. Raises SettingsWrong, with what is allowed, for anything else.
    """
    if not crash_at:
        return no_checkpoint
    name, _, nth = crash_at.rpartition(":")
    if name not in set(Point) or not nth.isascii() or not nth.isdecimal() or int(nth) < 1:
        allowed = ", ".join(Point)
        raise SettingsWrong(f"GATEWAY_CRASH_AT: is NAME:NTH, NTH from 1, NAME one of {allowed}")
    return _CrashAt(Point(name), int(nth))


class _CrashAt:
    def __init__(self, point: Point, nth: int) -> None:
        self._point = point
        self._left = nth
        self._lock = threading.Lock()

    def __call__(self, point: Point, /) -> None:
        if point is not self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                # SIGKILL runs no handler, flushes nothing and closes nothing: the honest crash.
                os.kill(os.getpid(), signal.SIGKILL)
