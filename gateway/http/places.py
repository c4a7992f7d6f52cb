"""Places for connections: so many in one process, and half of them for one caller at most."""

from collections import Counter

from gateway.config import Settings
from gateway.domain.network import is_in, networks_of, plain_address


class Places:
    """Who has them. A proxy that is named speaks for many, and may have them all."""

    def __init__(self, settings: Settings) -> None:
        self._count_max = settings.connections_max
        # Whoever takes what it can get leaves room for others, and for who asks /livez.
        self._each_max = max(1, settings.connections_max // 2)
        self._proxies = settings.trusted_proxies
        self._holders = Counter[str]()
        self._count = 0

    def take(self, address: str) -> str | None:
        """Take a place for a connection from there; return whose it is now, None if none is left.

        To be given back by that name.
        """
        holder = networks_of(address)[0]
        is_proxy = is_in(plain_address(address), self._proxies)
        has_enough = self._holders[holder] >= self._each_max and not is_proxy
        if has_enough or self._count >= self._count_max:
            return None
        self._count += 1
        self._holders[holder] += 1
        return holder

    def give_back(self, holder: str) -> None:
        self._count -= 1
        self._holders[holder] -= 1
        if not self._holders[holder]:
            del self._holders[holder]
