"""Where keys stand: as a dictionary of lists would say it."""

import tracemalloc
from collections import defaultdict

import pytest

from gateway.domain.places import Places

KEYS = ["A", None, "B", "A", None, "C", "A", "B"]


class Same:
    """A key whose hash is every other's."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.mark.parametrize("times", [0, 1, 2, 50])
def test_every_place_of_a_key_is_found_in_order(times):
    keys = KEYS * times
    expected = defaultdict(list)
    for place, key in enumerate(keys):
        expected[key].append(place)

    places = Places(iter(keys), len(keys))

    found = {key: [at for at in places.of(key) if keys[at] == key] for key in "ABC"}
    assert found == {key: expected[key] for key in "ABC"}
    assert all(list(places.of(key)) == sorted(places.of(key)) for key in "ABC")


@pytest.mark.parametrize("keys", [[], [None, None]], ids=["none", "bare"])
def test_where_there_is_no_key_none_is_found(keys):
    assert list(Places(keys, len(keys)).of("Z")) == []


def test_hardly_ever_does_another_key_stand_there():
    places = Places(range(10_000), 10_000)

    assert sum(len(list(places.of(key))) for key in range(10_000)) < 10_500
    assert sum(len(list(places.of(key))) for key in range(10_000, 20_000)) < 500


def test_keys_of_one_hash_are_for_the_caller_to_tell_apart():
    one, other = Same(), Same()

    assert list(Places([one, other, one], 3).of(one)) == [0, 1, 2]


def test_the_heap_does_not_grow_with_the_list():
    tracemalloc.start()
    try:
        places = Places(range(20_000), 20_000)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 1 in places.of(1)
    assert (kept < 2_000, most < 4_000) == (True, True)


@pytest.mark.parametrize("said", [2, 4])
def test_another_number_of_keys_than_was_said_is_refused(said):
    with pytest.raises(ValueError, match="zip"):
        Places(iter("ABC"), said)
