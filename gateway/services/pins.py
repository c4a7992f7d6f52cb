"""PINs: hashed slowly, in a thread, a few at a time, and worthless without the pepper."""

import asyncio
import hashlib
import hmac
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.domain.errors import Busy

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 28 ms on one core.
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
AT_ONCE = 2
WAITING_MAX = 200
# How much the hashing threads stand back (nice): the event loop serves everybody meanwhile.
STANDS_BACK = 5

HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)

Result = TypeVar("Result")


@cache
def _dummy_hash() -> str:
    """Return the hash that stands in where there is no member, made as all others are."""
    return HASHER.hash("no member has this PIN")


@dataclass(frozen=True, slots=True)
class PinVerdict:
    """Whether the PIN was right; `new_hash` where the stored one was made with older parameters."""

    is_right: bool
    new_hash: str | None = None


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere it is the whole process that would
        os.nice(STANDS_BACK)


class PinVault:
    """Hashes and checks PINs. Four digits have 10,000 values: the pepper is what protects them."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._threads = ThreadPoolExecutor(
            AT_ONCE, thread_name_prefix="pins", initializer=_stand_back
        )
        self._waiting = 0
        self._dummy = _dummy_hash()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the queue. Raises Busy when it is full.

        Taken before a check is counted: a member is never locked out by other people's logins.
        """
        if self._waiting >= WAITING_MAX:
            raise Busy("too many PINs to check", retry_after_s=2)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def hash(self, pin: str) -> str:
        """Return what to store for a PIN."""
        return await self._in_thread(self._hash, pin)

    async def check(self, pin: str, pin_hash: str | None) -> PinVerdict:
        """Check a PIN; without a hash do the same work and say no."""
        verdict = await self._in_thread(self._check, pin, pin_hash or self._dummy)
        return verdict if pin_hash is not None else PinVerdict(is_right=False)

    def close(self) -> None:
        """End the threads; checks that have not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[..., Result], *args: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _hash(self, pin: str) -> str:
        return HASHER.hash(self._peppered(pin))

    def _check(self, pin: str, pin_hash: str) -> PinVerdict:
        try:
            HASHER.verify(pin_hash, self._peppered(pin))
        except (VerificationError, InvalidHashError):
            return PinVerdict(is_right=False)
        is_old = HASHER.check_needs_rehash(pin_hash)
        return PinVerdict(is_right=True, new_hash=self._hash(pin) if is_old else None)

    def _peppered(self, pin: str) -> bytes:
        return hmac.digest(self._pepper, pin.encode(), hashlib.sha256)
