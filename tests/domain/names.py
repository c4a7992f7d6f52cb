"""Ways to type the name of one operator, `sato`, and of none."""

import pytest

ONE_PERSON = [
    pytest.param("Sato", id="a capital"),
    pytest.param("SATO", id="capitals"),
    pytest.param(" sato ", id="blanks around"),
    pytest.param("\tsato\n", id="a tab and a new line"),
    pytest.param("　sato", id="a full-width blank"),
    pytest.param("ＳＡＴＯ", id="full width"),
    pytest.param("ｓａｔｏ", id="full width, small"),
    pytest.param("sa\u200bto", id="a blank of no width"),
    pytest.param("\ufeffsato", id="a byte order mark"),
    pytest.param("sa\u00adto", id="a soft hyphen"),
]
NOBODY = [
    pytest.param("", id="nothing"),
    pytest.param("  ", id="blanks"),
    pytest.param("　", id="a full-width blank"),
    pytest.param("\u200b", id="what nobody sees"),
]
