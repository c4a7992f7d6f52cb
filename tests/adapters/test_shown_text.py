"""The rules of text that is only shown, by themselves."""

import pytest

from gateway.adapters.characters import Shown, encode, read_type


@pytest.mark.parametrize(
    "stated",
    ["text/csv; charset", "text/csv; charset=", "text/csv; charset=sjis; charset=sjis", 'a; b="c'],
)
def test_what_is_no_content_type_has_no_charset(stated: str) -> None:
    assert read_type(stated) is None


def test_what_we_write_is_the_same_in_both_tables() -> None:
    assert encode("〜−‖¢£¬") == encode("～－∥￠￡￢") == "～－∥￠￡￢".encode("cp932")


def test_a_mark_that_was_there_counts_too() -> None:
    shown = Shown()

    assert shown.clean("ﾔ\ufffd") == "ﾔ\ufffd"
    assert shown.replaced == 1
