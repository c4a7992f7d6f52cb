"""Money: whole yen, never a fraction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Yen:
    """A whole, non-negative number of yen."""

    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int:  # bool is an int; Yen(True) is always a bug
            raise TypeError(f"yen are whole numbers, got {self.amount!r}")
        if self.amount < 0:
            raise ValueError(f"yen cannot be negative, got {self.amount}")

    def __add__(self, other: "Yen") -> "Yen":
        return Yen(self.amount + other.amount)

    def __str__(self) -> str:
        return f"{self.amount:,} 円"


NOTHING = Yen(0)
