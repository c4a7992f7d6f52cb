"""Where browsers go: to addresses on the list, and for a repayment that our own seal names."""

from datetime import timedelta
from uuid import UUID

import pytest

from gateway.domain.return_address import is_allowed, is_loopback, is_plain, with_query
from gateway.domain.return_state import GOOD_AFTER_LIMIT, STATE_LENGTH, open_return, seal_return
from tests.domain.transfers import NOW

ALLOWED = ("https://member.example/repayments", "http://127.0.0.1:8080/")
KEY, MEMBER, REPAYMENT = b"key", UUID(int=1), UUID(int=2)
STATE = seal_return(KEY, member_id=MEMBER, repayment_id=REPAYMENT, limit=NOW)


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        pytest.param("https://member.example/repayments", True, id="the address itself"),
        pytest.param("https://member.example/repayments/done?a=1", True, id="one below it"),
        pytest.param("http://127.0.0.1:8080/anything", True, id="this machine"),
        pytest.param("https://member.example/repaymentsdone", False, id="one that begins alike"),
        pytest.param("https://member.example/", False, id="one above it"),
        pytest.param("https://member.example.evil.example/repayments", False, id="a longer host"),
        pytest.param("https://member.example:444/repayments", False, id="another port"),
        pytest.param("http://member.example/repayments", False, id="without TLS"),
        pytest.param("https://x@member.example/repayments", False, id="a user"),
        pytest.param("https://member.example/repayments/../x", False, id="a way upwards"),
        pytest.param("https://member.example/repayments/%2E%2e/x", False, id="upwards, escaped"),
        pytest.param("https://member.example/repayments/%5c../x", False, id="upwards, other slash"),
        pytest.param("https://member.example/repayments#x", False, id="a fragment"),
        pytest.param("https://member.example/repayments\n", False, id="a line feed"),
        pytest.param("https://member.example/repayments ", False, id="a space"),
        pytest.param("https://[member.example/repayments", False, id="half a bracket"),
        pytest.param("https://member.example:0/repayments", False, id="no port"),
        pytest.param("https:///repayments", False, id="no host"),
        pytest.param("/repayments", False, id="no origin"),
        pytest.param("", False, id="nothing"),
        pytest.param("https://member.example/repayments/" + "x" * 1_024, False, id="too long"),
        pytest.param("https://member.example/repayments/会員", False, id="no ASCII"),
    ],
)
def test_an_address_is_on_the_list_or_below_one_that_is(url: str, is_good: bool) -> None:
    assert is_allowed(url, ALLOWED) is is_good


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        pytest.param("http://localhost:8080", True, id="by name"),
        pytest.param("http://[::1]:8080", True, id="IPv6"),
        pytest.param("http://127.9.9.9", True, id="all of the network"),
        pytest.param("http://gateway.example", False, id="a name"),
        pytest.param("http://10.0.0.1", False, id="a private network"),
    ],
)
def test_this_machine_is_known_by_its_addresses(url: str, is_ours: bool) -> None:
    assert is_loopback(url) is is_ours
    assert is_plain(f"{url}/x") is is_ours


@pytest.mark.parametrize(
    ("url", "longer"),
    [
        pytest.param("https://a.example/x", "https://a.example/x?id=rp_1", id="no query"),
        pytest.param("https://a.example/x?b=1", "https://a.example/x?b=1&id=rp_1", id="a query"),
        pytest.param("https://a.example/x?", "https://a.example/x?id=rp_1", id="an empty query"),
    ],
)
def test_a_pair_is_added_and_the_rest_stays(url: str, longer: str) -> None:
    assert with_query(url, "id", "rp_1") == longer


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("repayment_id=rp_1", id="alone"),
        pytest.param("a=b&repayment_id=rp_1", id="behind another"),
        pytest.param("repayment_id=rp_1&a=b", id="before another"),
        pytest.param("repayment_id", id="without a value"),
        pytest.param("repayment_id=", id="empty"),
        pytest.param("REPAYMENT_ID=rp_1", id="in capitals"),
        pytest.param("repayment%5Fid=rp_1", id="escaped"),
        pytest.param("%72epayment_id=rp_1", id="its first letter escaped"),
        pytest.param("a=b;repayment_id=rp_1", id="behind a semicolon"),
        pytest.param("repayment_id[]=rp_1", id="as a list"),
        pytest.param("repayment_id%5B0%5D=rp_1", id="as an escaped list"),
        pytest.param("repayment_id.x=rp_1", id="as a part"),
        pytest.param("+repayment_id=rp_1", id="behind a blank"),
        pytest.param("%20repayment_id%20=rp_1", id="between blanks"),
    ],
)
def test_an_address_may_not_say_itself_which_repayment_it_was(query: str) -> None:
    allowed = ("https://members.example/",)

    assert not is_allowed(f"https://members.example/back?{query}", allowed)


@pytest.mark.parametrize(
    "query", ["id=1", "my_repayment_id=1", "repayment_ids=1", "x=repayment_id"]
)
def test_other_pairs_of_an_address_are_its_own(query: str) -> None:
    assert is_allowed(f"https://members.example/back?{query}", ("https://members.example/",))


def test_a_sealed_state_names_member_and_repayment_until_it_ends() -> None:
    last = NOW + GOOD_AFTER_LIMIT - timedelta(seconds=1)

    assert len(STATE) == STATE_LENGTH
    assert open_return(KEY, STATE, NOW) == (MEMBER, REPAYMENT)
    assert open_return(KEY, STATE, last) == (MEMBER, REPAYMENT)
    assert open_return(KEY, STATE, last + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("", id="nothing"),
        pytest.param(STATE + "A", id="longer"),
        pytest.param("?" * STATE_LENGTH, id="no base64"),
        pytest.param("ｱ" * STATE_LENGTH, id="no ASCII"),
        *(
            pytest.param(STATE[:n] + ("A" if STATE[n] != "A" else "B") + STATE[n + 1 :], id=f"@{n}")
            for n in range(STATE_LENGTH)
        ),
    ],
)
def test_a_state_that_was_touched_anywhere_is_not_ours(state: str) -> None:
    assert open_return(KEY, state, NOW) is None


def test_a_state_under_another_key_is_not_ours() -> None:
    assert open_return(b"another", STATE, NOW) is None
