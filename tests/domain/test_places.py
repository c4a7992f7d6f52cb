"""Where keys stand: as a dictionary of lists would say it."""

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

    places = Places(iter(keys))

    assert {key: list(places.of(key)) for key in "ABC"} == {key: expected[key] for key in "ABC"}


@pytest.mark.parametrize("keys", [[], [None, None], ["A"]], ids=["none", "bare", "another"])
def test_a_key_that_stands_nowhere_has_no_place(keys):
    assert list(Places(keys).of("Z")) == []


def test_keys_of_one_hash_are_for_the_caller_to_tell_apart():
    one, other = Same(), Same()

    assert list(Places([one, other, one]).of(one)) == [0, 1, 2]
