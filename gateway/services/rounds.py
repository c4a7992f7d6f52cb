"""How often something is read and decided anew because it moved meanwhile."""

from collections.abc import Callable, Iterator

# A member waits: after this much of it the request is given back, to come again.
MEMBER_WAITS_S = 1.0


def rounds_within(seconds: float, now: Callable[[], float]) -> Iterator[None]:
    """Yield once, and again as long as a round that lasts as long as the longest ends in time.

    `now` returns seconds that never go back: the event loop's, not the business clock's.
    """
    ends_at, longest_s = now() + seconds, 0.0
    while True:
        began_at = now()
        yield
        longest_s = max(longest_s, now() - began_at)
        if now() + longest_s > ends_at:
            return
