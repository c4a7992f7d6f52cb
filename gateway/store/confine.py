"""Start a PostgreSQL program as it should run: never as root, never longer than its parent.

A script of its own (`python -I confine.py MODE PARENT_PID PROGRAM …`), because a process with
threads can neither enter a user namespace nor safely run Python between fork and exec.
"""

import ctypes
import os
import signal
import sys
from enum import StrEnum

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
NOBODY = 65534


class Mode(StrEnum):
    """How a program runs: as who started it, or, where that is root, without root's power."""

    DIRECT = "direct"
    NAMESPACE = "namespace"  # a user namespace without a mapping: root's files, no root's power
    NOBODY = "nobody"  # the unprivileged user, allowed to reach a data directory below /root


def main(arguments: list[str]) -> None:
    mode, parent, program = Mode(arguments[0]), int(arguments[1]), arguments[2:]
    if mode is Mode.NAMESPACE:
        _call("unshare", CLONE_NEWUSER)
    elif mode is Mode.NOBODY:
        _become_nobody()
    # After the change of user, which clears it. SIGINT is PostgreSQL's fast shutdown.
    end_with(parent, signal.SIGINT)
    os.execv(program[0], program)  # noqa: S606 - this script is the launcher, without a shell


def end_with(parent: int, number: signal.Signals) -> None:
    """Be told by this signal when the parent dies, on Linux; end at once if it is gone already."""
    if sys.platform == "linux":
        _call("prctl", PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone")


def _become_nobody() -> None:
    _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    _call("capset", header, effective_permitted_inheritable)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


if __name__ == "__main__":
    main(sys.argv[1:])
