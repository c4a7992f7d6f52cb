"""Where each key stands in a long list, kept in a few bytes an entry: a hash table in two arrays.

A dictionary of a hundred thousand references takes twenty megabytes; this takes one and a half.
"""

from array import array
from collections.abc import Hashable, Iterable, Iterator

SLOT_SIZE = 4  # keys a slot, on average


class Places:
    """The places of keys, from 0. Entries without a key (None) have none to be found by.

    Only hashes are kept: `of` may yield a place at which another key stands, so look there.
    """

    def __init__(self, keys: Iterable[Hashable | None]) -> None:
        self._hashes = array("q")
        bare = bytearray()
        for key in keys:
            self._hashes.append(hash(key))
            bare.append(key is None)
        self._slots = max(1, len(bare) // SLOT_SIZE)
        self._ends = array("I", bytes(4 * (self._slots + 1)))
        for place, known in enumerate(self._hashes):
            if not bare[place]:
                self._ends[known % self._slots] += 1
        for slot in range(self._slots):
            self._ends[slot + 1] += self._ends[slot]
        self._places = array("I", bytes(4 * self._ends[self._slots]))
        # From the last on, so that the places of a slot ascend; each end becomes a beginning.
        for place in range(len(bare) - 1, -1, -1):
            if not bare[place]:
                slot = self._hashes[place] % self._slots
                self._ends[slot] -= 1
                self._places[self._ends[slot]] = place

    def of(self, key: Hashable) -> Iterator[int]:
        """Yield the places at which the key may stand, in ascending order."""
        known = hash(key)
        slot = known % self._slots
        for at in range(self._ends[slot], self._ends[slot + 1]):
            place = self._places[at]
            if self._hashes[place] == known:
                yield place
