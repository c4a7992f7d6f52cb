"""What may still be borrowed."""

from dataclasses import replace
from uuid import UUID

import pytest

from gateway.domain.loan import Loan
from gateway.domain.money import Yen

LOAN = Loan(UUID(int=1), Yen(500_000), Yen(200_000), Yen(50_000), Yen(0), False, 1)


@pytest.mark.parametrize(
    ("principal", "available"),
    [
        pytest.param(200_000, 250_000, id="limit less what is owed and what is reserved"),
        pytest.param(450_000, 0, id="used up to the last yen"),
        pytest.param(460_000, 0, id="never below nothing, even above the limit"),
    ],
)
def test_available_credit(principal: int, available: int) -> None:
    assert replace(LOAN, principal=Yen(principal)).available == Yen(available)
