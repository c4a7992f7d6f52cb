"""The whole suite: which cases apply to which bank, and how one is run."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from gateway.conformance.banks.mizuho import MIZUHO
from gateway.conformance.banks.mufg import MUFG
from gateway.conformance.banks.paypay import PAYPAY
from gateway.conformance.banks.rakuten import RAKUTEN
from gateway.conformance.banks.smbc import SMBC
from gateway.conformance.case import Case, Deviation, true
from gateway.conformance.cases import (
    alerts,
    callbacks,
    codes,
    collections,
    endings,
    faults,
    files,
    names,
    payouts,
    statements,
)
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import DEMO_NUMBER, HOLDER, Rig, open_rig
from gateway.domain.account import BankCode

TIME_SCALE = 0.05
CASES = (
    *payouts.CASES,
    *faults.CASES,
    *collections.CASES,
    *callbacks.CASES,
    *statements.CASES,
    *names.CASES,
    *alerts.CASES,
)
EXPECTED: Mapping[BankCode, Expectation] = {
    expected.bank: expected
    for expected in (
        SMBC,
        MUFG,
        PAYPAY,
        MIZUHO,
        RAKUTEN,
    )
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case at one bank; `deviation` is None where all is well."""

    bank: BankCode
    case: Case
    deviation: str | None


def cases_for(expected: Expectation) -> tuple[Case, ...]:
    """Return the cases that apply to a bank, in the order of the report."""
    own = (cases_of(expected) for cases_of in (files.cases_of, endings.cases_of, codes.cases_of))
    return tuple(case for case in (*CASES, *chain(*own)) if case.applies(expected))


async def run_case(
    expected: Expectation,
    case: Case,
    *,
    time_scale: float = TIME_SCALE,
    base_url: str | None = None,
) -> Result:
    """Run a case on a fresh adapter and an emulator that remembers nothing."""
    deviation = None
    try:
        async with open_rig(expected, time_scale=time_scale, base_url=base_url) as rig:
            await case.run(rig)
            _no_secret_was_logged(rig)
    except Deviation as found:
        deviation = str(found)
    except TimeoutError:
        deviation = "it did not come to an end within ten seconds"
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - an adapter that raises deviates, and the suite goes on
        deviation = f"{type(error).__name__}: {error}"
    return Result(expected.bank, case, deviation)


def _no_secret_was_logged(rig: Rig) -> None:
    written = repr(rig.log)
    for secret in (*rig.expected.secrets, HOLDER, DEMO_NUMBER):
        true(secret not in written, "a secret, an account number or a name is in the log")
