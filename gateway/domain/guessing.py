"""Guessing at PINs: who counts as one source, and how many guesses a network may make."""

from dataclasses import dataclass

# The wait after a source's first guess doubles with each further one, up to 60 times the first:
# about 20 guesses in 900 times the first wait. The networks around a source (IPv6: /56 and /48) are
# shared by several, and have more for as long.
WINDOW_DELAYS = 900
AROUND_MAX = (60, 240)

# How many sign-ins a source, and each network around it, has under way in one process.
UNDER_WAY_MAX = (4, 8, 16)


@dataclass(frozen=True, slots=True)
class Source:
    """Keyed hashes of the network that a request comes from, and of the wider ones around it."""

    own: bytes
    around: tuple[bytes, ...] = ()

    @property
    def ref(self) -> str:
        """Return the short name under which logs and operators' lists show it."""
        return self.own.hex()[:16]

    @property
    def rooms(self) -> tuple[tuple[bytes, int], ...]:
        """Return each network with how many sign-ins it may have under way in one process."""
        return tuple(zip((self.own, *self.around), UNDER_WAY_MAX, strict=False))

    def costs_s(self, delay_s: float) -> list[float]:
        """Return how much of the window one guess uses up in each network around, in seconds."""
        return [delay_s * WINDOW_DELAYS / most for most in AROUND_MAX[: len(self.around)]]
