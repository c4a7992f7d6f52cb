"""Whole yen."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.money import Yen

amounts = st.integers(min_value=0, max_value=10**18)


@pytest.mark.parametrize("amount", [0, 1, 10**18])
def test_yen_are_whole_and_not_negative(amount: int) -> None:
    assert Yen(amount).amount == amount


@pytest.mark.parametrize(
    "amount",
    [
        pytest.param(1.0, id="float"),
        pytest.param(True, id="bool"),
        pytest.param("1000", id="text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_yen_are_made_of_an_int_only(amount: object) -> None:
    with pytest.raises(TypeError, match="whole numbers"):
        Yen(amount)  # type: ignore[arg-type] # the point of the test


def test_yen_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Yen(-1)


def test_yen_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Yen(1).amount = 2  # type: ignore[misc] # the point of the test


def test_yen_are_shown_with_groups_of_three() -> None:
    assert str(Yen(1234567)) == "1,234,567 円"


@given(amounts, amounts)
def test_yen_add_and_compare_as_their_amounts(one: int, other: int) -> None:
    assert Yen(one) + Yen(other) == Yen(one + other)
    assert (Yen(one) < Yen(other)) is (one < other)
