"""What reconciling one day takes: processor time, and memory above what the process began with."""

import gc
import re
import time
from datetime import date
from pathlib import Path

from gateway.config import Settings
from gateway.domain.account import BankCode
from gateway.operators.operating_desk import operators_desk
from gateway.services.reconcile import reconcile_day

KIBIBYTES = re.compile(r"^(VmRSS|VmHWM):\s+(\d+) kB$", re.MULTILINE)


async def cost_of_day(settings: Settings, bank: BankCode, day: date) -> dict[str, object]:
    """Return what was found, `cpu_s` and `peak_mib` above the start, of this process."""
    async with operators_desk(settings) as desk:
        gc.collect()  # what the start left behind is room that the day would be given for nothing
        _begin_peak()
        began, began_mib = time.process_time(), _mebibytes()["VmRSS"]
        report = await reconcile_day(desk, bank, day)
        cpu_s, peak_mib = time.process_time() - began, _mebibytes()["VmHWM"]
    return {
        "lines": report.lines,
        "verdicts": {str(verdict): count for verdict, count in report.verdicts.items()},
        "refused": report.refused,
        "cpu_s": cpu_s,
        "peak_mib": peak_mib - began_mib,
    }


def _begin_peak() -> None:
    """Let the kernel forget the peak of the start."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def _mebibytes() -> dict[str, float]:
    status = Path("/proc/self/status").read_text("ascii")
    return {name: int(kibibytes) / 1024 for name, kibibytes in KIBIBYTES.findall(status)}
