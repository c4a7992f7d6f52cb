"""The sign-ins that are under way in this process: those of one source go one after the other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.domain.errors import TooManyAttempts
from gateway.domain.guessing import Source

AGAIN_AFTER_S = 1


class SignInLines:
    """A line for each source, and a few places in it: who finds none is told so at once.

    A flood from one source takes neither database connections nor places of others; members who
    share an address with each other wait for each other's success instead of being refused.
    """

    def __init__(self) -> None:
        self._under_way = Counter[bytes]()
        self._heads: dict[bytes, asyncio.Lock] = {}

    @asynccontextmanager
    async def head(self, source: Source) -> AsyncIterator[None]:
        """Be the source's only sign-in for the time of the block. Raises TooManyAttempts."""
        if any(self._under_way[network] >= most for network, most in source.rooms):
            raise TooManyAttempts(retry_after_s=AGAIN_AFTER_S)
        networks = [network for network, _ in source.rooms]
        self._under_way.update(networks)
        head = self._heads.setdefault(source.own, asyncio.Lock())
        try:
            async with head:
                yield
        finally:
            self._under_way.subtract(networks)
            self._forget(networks)

    def _forget(self, networks: list[bytes]) -> None:
        for network in networks:
            if not self._under_way[network]:
                del self._under_way[network]
                self._heads.pop(network, None)
