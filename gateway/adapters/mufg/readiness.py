"""What must be at hand before a call is built: a token, and for a POST a running number."""

from gateway.adapters.mufg.tokens import Tokens
from gateway.adapters.numbers import Numbers


class Readiness:
    def __init__(self, tokens: Tokens, numbers: Numbers) -> None:
        self._tokens = tokens
        self._numbers = numbers

    async def token(self) -> None:
        """Return once there is a token; a BankError says why there is none."""
        await self._tokens.current()

    async def number(self) -> int:
        """Return a number for one try. The token comes first: without one none is used up."""
        await self._tokens.current()
        return await self._numbers.take()


class Numbered:
    """The number of the try under way: one that went out with a lost request may be used up."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self.number = 0

    async def ready(self) -> None:
        self.number = await self._readiness.number()
