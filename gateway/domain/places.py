"""Where each key stands in a long list, in six bytes an entry: a hash table in three arrays.

A dictionary of a hundred thousand references takes twenty megabytes; this takes six tenths of one.
"""

from array import array
from collections.abc import Hashable, Iterable, Iterator

SLOT_SIZE = 4  # keys a slot, on average
SPREAD = 0x9E3779B97F4A7C15  # an odd number: neighbours come into slots far from each other
BITS = 32


class Places:
    """The places of keys, from 0. Entries without a key (None) have none to be found by.

    One byte of each key's hash is kept: `of` yields every place of a key, and now and then one at
    which another stands, so look there.
    """

    def __init__(self, keys: Iterable[Hashable | None]) -> None:
        hashes, bare = array("I"), bytearray()
        for key in keys:
            hashes.append(_hash(key))
            bare.append(key is None)
        self._slots = max(1, len(bare) // SLOT_SIZE)
        self._ends = array("I", bytes(4 * (self._slots + 1)))
        for place, known in enumerate(hashes):
            if not bare[place]:
                self._ends[known % self._slots] += 1
        for slot in range(self._slots):
            self._ends[slot + 1] += self._ends[slot]
        count = self._ends[self._slots]
        self._places, self._marks = array("I", bytes(4 * count)), bytearray(count)
        # From the last on, so that the places of a slot ascend; each end becomes a beginning.
        for place in range(len(bare) - 1, -1, -1):
            if not bare[place]:
                slot = hashes[place] % self._slots
                self._ends[slot] -= 1
                self._places[self._ends[slot]] = place
                self._marks[self._ends[slot]] = _mark(hashes[place])

    def of(self, key: Hashable) -> Iterator[int]:
        """Yield the places at which the key may stand, in ascending order."""
        known = _hash(key)
        slot, mark = known % self._slots, _mark(known)
        for at in range(self._ends[slot], self._ends[slot + 1]):
            if self._marks[at] == mark:
                yield self._places[at]


def _hash(key: Hashable) -> int:
    return (hash(key) * SPREAD >> BITS) % (1 << BITS)


def _mark(known: int) -> int:
    return known >> (BITS - 8)
