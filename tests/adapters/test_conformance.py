"""The conformance kit, a test for each bank and case: what `gateway conformance` runs."""

import pytest

from gateway.adapters.registry import BANKS
from gateway.conformance.case import Case
from gateway.conformance.expectation import Expectation
from gateway.conformance.suite import EXPECTED, cases_for, run_case


def test_the_kit_expects_something_of_every_bank() -> None:
    assert set(EXPECTED) == set(BANKS)


@pytest.mark.parametrize(
    ("expected", "case"),
    [
        pytest.param(expected, case, id=f"{bank}: {case.group}: {case.name}")
        for bank, expected in EXPECTED.items()
        for case in cases_for(expected)
    ],
)
async def test_the_adapter_conforms(expected: Expectation, case: Case) -> None:
    result = await run_case(expected, case)

    assert result.deviation is None
