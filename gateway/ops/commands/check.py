"""One line of `gateway doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do, where it is wrong."""

    name: str
    is_good: bool
    says: str
    mend: str = ""
