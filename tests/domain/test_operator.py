"""Names of operators: when two of them are one person's."""

import pytest

from gateway.domain.operator import NameMissing, Role, is_same_person, person
from tests.domain.names import NOBODY, ONE_PERSON


@pytest.mark.parametrize("name", ONE_PERSON)
def test_a_name_is_one_person_however_it_is_typed(name: str) -> None:
    assert is_same_person("sato", name)
    assert person(name) == "sato"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("sato", "saito", id="another name"),
        pytest.param("sato a", "sato b", id="two of one family"),
        pytest.param("佐藤", "佐東", id="in kanji"),
        pytest.param("ﾀﾛｳ", "ｼﾞﾛｳ", id="in kana"),
    ],
)
def test_two_people_are_two(one: str, other: str) -> None:
    assert not is_same_person(one, other)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("Sato  Taro", "sato taro", id="two blanks between"),
        pytest.param("ﾀﾛｳ", "タロウ", id="half-width kana"),
        pytest.param("ÉVA", "éva", id="an accent"),
        pytest.param("ﬁ", "fi", id="a ligature"),
    ],
)
def test_a_name_is_kept_as_it_is_compared(typed: str, kept: str) -> None:
    assert person(typed) == kept
    assert person(kept) == kept


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_is_refused(name: str) -> None:
    with pytest.raises(NameMissing, match="--by"):
        person(name)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        pytest.param(Role.VIEWER, [Role.VIEWER], id="viewer"),
        pytest.param(Role.OPERATOR, [Role.VIEWER, Role.OPERATOR], id="operator"),
        pytest.param(Role.APPROVER, [Role.VIEWER, Role.OPERATOR, Role.APPROVER], id="approver"),
    ],
)
def test_a_role_may_do_what_it_and_those_before_it_may(role: Role, may: list[Role]) -> None:
    assert [needed for needed in Role if role.includes(needed)] == may
