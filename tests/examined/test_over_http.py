"""Faults that an examination found, seen from where it stood: over HTTP."""

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from tests.examined.conftest import NUMBER, PIN, Demo

pytestmark = pytest.mark.long

NOBODY, OTHERS = "0000001", "0000002"  # accounts of the emulated banks
ACCOUNT = {"bank": "smbc", "branch": "001", "type": "ordinary"}


def guesses(demo: Demo, sources: list[str]) -> Counter[int]:
    """Guess from each source, many at the same time; return how often each status came."""
    numbers = [f"{20_000_000 + at}" for at in range(len(sources))]
    with ThreadPoolExecutor(100) as pool:
        return Counter(one.status_code for one in pool.map(demo.guess, numbers, sources))


def test_of_a_hundred_guesses_at_once_from_one_source_one_is_checked(demo: Demo) -> None:
    assert guesses(demo, ["203.0.113.1"] * 100) == {401: 1, 429: 99}


@pytest.mark.parametrize("spelling", ["::ffff:203.0.113.7", "::FFFF:cb00:7107"])
def test_an_ipv4_address_is_one_source_however_it_is_written(demo: Demo, spelling: str) -> None:
    demo.guess("20000000", "203.0.113.7")

    assert demo.guess("20000000", spelling).status_code == 429


def test_the_networks_of_one_site_are_one_guesser(demo: Demo) -> None:
    answers = guesses(demo, [f"2001:db8:77:{subnet:x}::1" for subnet in range(80)])

    assert answers[429] >= 10


@dataclass(frozen=True)
class Asked:
    """What a member was told who asked for many accounts."""

    nobodys: httpx.Response
    others: httpx.Response
    more: list[httpx.Response]


@pytest.fixture(scope="module")
def asked(demo: Demo) -> Asked:
    """Ask for an account of nobody's, for another's, and for eleven more."""
    member = demo.member()

    def ask(number: str, branch: str = "001") -> httpx.Response:
        wish = ACCOUNT | {"branch": branch, "number": number}
        return demo.http.post("/v1/accounts", json=wish, headers=member)

    return Asked(ask(NOBODY), ask(OTHERS), [ask(f"99{number:05}") for number in range(11)])


def test_an_account_of_nobodys_and_anothers_are_answered_alike(asked: Asked) -> None:
    told = [(answer.status_code, answer.json()["code"]) for answer in (asked.nobodys, asked.others)]

    assert told[0] == told[1]


def test_names_are_asked_a_few_times_a_day_only(asked: Asked) -> None:
    assert asked.more[-1].status_code == 429


def test_what_is_said_in_words_varies_by_language(demo: Demo) -> None:
    answer = demo.http.get("/v1/loan")

    assert "Accept-Language" in answer.headers.get("Vary", "")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_type_of_a_problem_is_a_page(demo: Demo, language: str) -> None:
    kind = demo.http.get("/v1/loan").json()["type"]

    page = demo.http.get(httpx.URL(demo.url).join(kind).path, headers={"Accept-Language": language})

    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Content-Language"] == language


@pytest.mark.parametrize("version", ["2.0", "1.2", "0.9"])
def test_no_other_version_of_http_is_spoken(demo: Demo, version: str) -> None:
    url = httpx.URL(demo.url)
    with socket.create_connection((url.host, url.port or 80), timeout=10) as line:
        line.sendall(f"GET /livez HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        status = line.makefile("rb").readline()

    assert b" 200 " not in status


def test_pages_of_others_sign_no_browser_in(demo: Demo) -> None:
    headers = {"Origin": "https://evil.example", "X-Forwarded-For": "198.51.100.2"}

    answer = demo.sign_in(NUMBER, PIN, headers, as_cookie=True)

    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "own", ["repayment_id", "repayment%5fid", "REPAYMENT_ID", "x;repayment_id"]
)
def test_an_address_may_not_say_itself_which_repayment_it_was(demo: Demo, own: str) -> None:
    wish = {"kind": "payoff", "bank": "smbc", "return_url": f"{demo.url}/?a=b&{own}=rp_1"}
    headers = demo.member() | {"Idempotency-Key": str(uuid4())}

    answer = demo.http.post("/v1/repayments", json=wish, headers=headers)

    assert [error.get("pointer") for error in answer.json()["errors"]] == ["/return_url"]


def test_a_streams_first_block_has_data(demo: Demo) -> None:
    with demo.http.stream("GET", "/v1/events", headers=demo.member()) as stream:
        first = ""
        for part in stream.iter_text():
            first += part
            if "\n\n" in first:
                break

    assert "data:" in first.partition("\n\n")[0]


def test_a_held_bank_looks_held(demo: Demo) -> None:
    held = demo.program("ops", "hold", "paypay", "--reason", "examined", "--by", "sato")
    try:
        shown = demo.http.get("/v1/banks", headers=demo.member()).json()["items"]
    finally:
        demo.program("ops", "release", "paypay", "--by", "sato")

    (bank,) = [one for one in shown if "paypay" in one.values()]
    assert held.code == 0, held.err
    assert "held" in str(bank)
