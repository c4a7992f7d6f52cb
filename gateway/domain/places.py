"""The place of each key in a long list, in five bytes an entry: a hash table in two arrays.

A dictionary of a hundred thousand references takes twenty megabytes; this takes half of one.
"""

from collections.abc import Hashable, Iterable, Iterator
from mmap import mmap

SLOT_SIZE = 8  # keys a slot, on average
SPREAD = 0x9E3779B97F4A7C15  # an odd number: neighbours come into slots far from each other
BITS = 32
WORD_BYTES = 4
NO_KEY = 0  # is no key's hash


class Places:
    """The places of keys, from 0. Entries without a key (None) have none to be found by.

    As much of each key's hash as fits beside its place is kept: `of` yields every place of a key,
    and now and then one at which another stands, so look there.
    """

    def __init__(self, keys: Iterable[Hashable | None], count: int) -> None:
        """Read `count` keys once. Raises ValueError if there are more or fewer."""
        hashes = _words(count)
        for place, key in zip(range(count), keys, strict=True):
            if key is not None:
                hashes[place] = _hash(key)
        self._place_bits = count.bit_length()
        self._slots = max(1, count // SLOT_SIZE)
        self._ends = _words(self._slots + 1)
        for known in hashes:
            if known != NO_KEY:
                self._ends[known % self._slots] += 1
        for slot in range(self._slots):
            self._ends[slot + 1] += self._ends[slot]
        self._marked = _words(self._ends[self._slots])
        # From the last on, so that the places of a slot ascend; each end becomes a beginning.
        for place in range(count - 1, -1, -1):
            if hashes[place] != NO_KEY:
                slot = hashes[place] % self._slots
                self._ends[slot] -= 1
                self._marked[self._ends[slot]] = self._mark(hashes[place]) | place

    def of(self, key: Hashable) -> Iterator[int]:
        """Yield the places at which the key may stand, in ascending order."""
        known = _hash(key)
        slot, mark = known % self._slots, self._mark(known)
        for at in range(self._ends[slot], self._ends[slot + 1]):
            place = self._marked[at] ^ mark
            if not place >> self._place_bits:
                yield place

    def _mark(self, known: int) -> int:
        """Return the first bits of a hash, with room for a place behind them."""
        return known >> self._place_bits << self._place_bits


def _words(count: int) -> memoryview:
    """Return so many numbers of 32 bits, zeros, in pages that are given back with the last use.

    Freed in the middle of the heap, they would be holes in it and stay this process's.
    """
    return memoryview(mmap(-1, WORD_BYTES * max(1, count))).cast("I")[:count]


def _hash(key: Hashable) -> int:
    return (hash(key) * SPREAD >> BITS) % (1 << BITS) or 1
