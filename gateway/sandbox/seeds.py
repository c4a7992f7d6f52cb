"""Random choices that can be repeated: each depends on what is asked, not on when."""

import hashlib
import hmac
from collections import Counter

_SCALE = 2**64


class Choices:
    """Every choice is HMAC(seed, operation, reference, how often that reference was called)."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._calls: Counter[tuple[str, str]] = Counter()

    def count_call(self, operation: str, reference: str) -> int:
        """Count one more call, and return its number from 1."""
        self._calls[operation, reference] += 1
        return self._calls[operation, reference]

    def draw(self, operation: str, reference: str, call: int, label: str) -> float:
        """Return a number in [0, 1). `label` tells apart several choices within one call."""
        word = self.digest(operation, reference, call, label)[:8]
        return int.from_bytes(word, "big") / _SCALE

    def digest(self, operation: str, reference: str, call: int, label: str) -> bytes:
        """Return 32 bytes that look random: for identifiers and the like."""
        message = f"{operation}\n{reference}\n{call}".encode()
        choice = hmac.digest(str(self.seed).encode(), message, hashlib.sha256)
        return hmac.digest(choice, label.encode(), hashlib.sha256)
