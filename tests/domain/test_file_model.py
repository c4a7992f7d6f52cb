"""A search over every order of events around one item of files, by `file_steps`.

With all rules no order pays an item twice, denies what is paid, or forgets it; with any one of them
taken away there is one that does.
"""

import os

import pytest

from gateway.domain.bank_file import FILE_ROWS, FileState
from tests.domain.file_steps import Found, Model, search
from tests.domain.file_worlds import (
    GUARDS,
    PAID_TWICE,
    SENT_AGAIN,
    TAKEN_AS_READ,
    TURNED_AWAY_IS_UNSURE,
    Broken,
)

ALL = frozenset(GUARDS)
S = FileState
# Between states that people alone can bring about: they take back a receipt that they mistyped.
OF_PEOPLE = {(S.ACCEPTED, S.REFUSED)}
# How it was before, and what was lost by it.
OLD_RULES = {
    "a file that was voided meanwhile is taken and sent": {TAKEN_AS_READ},
    "two people send an item again while its file is stored": {SENT_AGAIN},
    "a bare 429 to the first sending voids the file": {TURNED_AWAY_IS_UNSURE},
    "all of it": {TAKEN_AS_READ, SENT_AGAIN, TURNED_AWAY_IS_UNSURE},
}


@pytest.fixture(scope="module")
def found() -> Found:
    return search(Model(ALL))


def test_no_order_of_events_pays_an_item_twice_or_loses_it(found: Found) -> None:
    """Two files, two sendings each, two senders, two operators who speak as one."""
    assert found.worlds > 300_000


def test_the_search_moves_files_as_the_table_has_it_and_along_every_row(found: Found) -> None:
    table = {(state, to) for state, _, to in FILE_ROWS if state is not to}
    edges = {(state, to) for state, to in found.edges if state is not to}

    assert edges == table - OF_PEOPLE


@pytest.mark.parametrize("rule", GUARDS)
def test_with_any_rule_taken_away_there_is_an_order_that_breaks(rule: str) -> None:
    with pytest.raises(Broken, match=GUARDS[rule]):
        search(Model(ALL - {rule}), only=GUARDS[rule])


@pytest.mark.parametrize("mistake", OLD_RULES)
def test_the_old_rules_pay_twice(mistake: str) -> None:
    with pytest.raises(Broken, match=PAID_TWICE):
        search(Model(ALL - OLD_RULES[mistake]), only=PAID_TWICE)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_no_order_of_events_breaks_with_more_sendings() -> None:
    sendings = int(os.environ.get("MODEL_SENDINGS", "3"))
    assert search(Model(ALL, sendings=sendings)).worlds > 300_000
