"""The pytest plugin for other projects: the fixture `gateway_sandbox`, five banks to test against.

pytest loads this module in every run where `gateway` is installed. It imports nothing but
pytest until a test asks for a bank.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway.sandbox.testing.sandbox import BankSandbox

STARTS_AT = "gateway_sandbox_starts_at"
TIME_SCALE = "gateway_sandbox_time_scale"
REAL_TIME = "now"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the two settings of a project's pytest configuration."""
    parser.addini(
        STARTS_AT,
        "instant of RFC 3339 at which every test's banks begin; 'now': in real time",
        default="2026-11-25T10:00:00+09:00",
    )
    parser.addini(
        TIME_SCALE,
        "by how much every delay of a bank is multiplied; 1: as the profiles say",
        default="0.01",
    )


@pytest.fixture(scope="session")
def _gateway_sandbox_banks(pytestconfig: pytest.Config) -> "Iterator[BankSandbox]":
    """All banks of this test process; they begin anew for each test that uses them."""
    # Imported here: a run that asks for no bank must not wait for them.
    from gateway.ops.clock import SystemClock  # noqa: PLC0415 - see above
    from gateway.sandbox.testing.sandbox import banks_in_thread  # noqa: PLC0415 - see above

    with banks_in_thread(
        SystemClock(), time_scale=time_scale(str(pytestconfig.getini(TIME_SCALE)))
    ) as banks:
        yield banks


@pytest.fixture
def gateway_sandbox(
    _gateway_sandbox_banks: "BankSandbox", pytestconfig: pytest.Config
) -> "BankSandbox":
    """Five emulated banks on free ports, on their first day, under a clock of their own."""
    _gateway_sandbox_banks.begin(starts_at(str(pytestconfig.getini(STARTS_AT))))
    return _gateway_sandbox_banks


def starts_at(said: str) -> datetime | None:
    """Return the instant of the setting, None for real time; UsageError for anything else."""
    if said == REAL_TIME:
        return None
    try:
        instant = datetime.fromisoformat(said)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise pytest.UsageError(
            f"{STARTS_AT}: {said!r} is no instant with its offset, such as "
            f"2026-11-25T10:00:00+09:00; '{REAL_TIME}' stands for real time"
        )
    return instant


def time_scale(said: str) -> float:
    """Return the setting's factor, from 0 to 100; UsageError for anything else."""
    try:
        scale = float(said)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 100:  # noqa: PLR2004 - the settings' own bounds
        raise pytest.UsageError(f"{TIME_SCALE}: {said!r} is no number from 0 to 100")
    return scale
