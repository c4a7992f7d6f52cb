"""The access token: one for all, renewed in time, and once more when it ends early."""

import asyncio
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from gateway.adapters.mufg.channel import Credentials
from gateway.adapters.mufg.tokens import Token
from gateway.domain.outcome import NotSent, Submitted, Unknown
from gateway.domain.reason import Reason
from tests.adapters.mufg.mocked import ORDER, mocked_mufg, recorded
from tests.adapters.stand_ins import submit
from tests.manual_clock import START

TAKEN = recorded("payment_202_actc")
EARLY = recorded("401_invalid_token")


def grant(value: str = "t1", **changed: object) -> httpx.Response:
    message: dict[str, object] = {
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": 300,
    } | changed
    return httpx.Response(200, json=message)


@dataclass(slots=True)
class Doorman:
    """Lets in whoever shows one of the good tokens, and notes what each call showed."""

    good: set[str]
    shown: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.shown.append(token)
        self.numbers.add(request.headers["X-Sequence-No"])
        return TAKEN if token in self.good else EARLY


async def test_the_token_is_asked_for_with_our_id_and_secret() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(TAKEN)
        await submit(mocked.bank, ORDER)
        request = mocked.tokens.calls.last.request

    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert b64decode(pair) == b"lender-sandbox:sandbox-mufg-client-secret"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content == b"grant_type=client_credentials"
    assert "X-Sequence-No" not in request.headers


async def test_calls_at_the_same_time_share_one_renewal() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(TAKEN)

        got = await asyncio.gather(*(submit(mocked.bank, ORDER) for _ in range(20)))

        assert {answer.outcome for answer in got} == {Submitted()}
        assert mocked.tokens.call_count == 1


@pytest.mark.parametrize(
    ("lasts_s", "later_s", "asked"),
    [
        pytest.param(300, 269, 1, id="well within its life"),
        pytest.param(300, 270, 2, id="half a minute before its end"),
        pytest.param(300, 10_000, 2, id="long after it"),
        pytest.param(10, 8.9, 1, id="a short life"),
        pytest.param(10, 9, 2, id="a tenth of a short life before its end"),
    ],
)
async def test_a_token_is_renewed_a_little_before_it_ends(
    lasts_s: int, later_s: float, asked: int
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(TAKEN)
        mocked.tokens.mock(return_value=grant(expires_in=lasts_s))
        await submit(mocked.bank, ORDER)
        mocked.seconds.at += later_s

        await submit(mocked.bank, ORDER)

        assert mocked.tokens.call_count == asked


async def test_a_token_that_ends_early_is_renewed_once_and_the_same_request_repeated() -> None:
    """A 401 took nothing and used no number up."""
    door = Doorman({"t2"})
    async with mocked_mufg() as mocked:
        mocked.tokens.mock(side_effect=[grant("t1"), grant("t2")])
        mocked.route.mock(side_effect=door)

        got = await submit(mocked.bank, ORDER)

    assert got.outcome == Submitted()
    assert door.shown == ["t1", "t2"]
    assert len(door.numbers) == 1


async def test_calls_that_meet_the_early_end_together_share_one_renewal() -> None:
    door = Doorman({"t2"})
    async with mocked_mufg() as mocked:
        mocked.tokens.mock(side_effect=[grant("t1"), grant("t2")])
        mocked.route.mock(side_effect=door)

        got = await asyncio.gather(*(submit(mocked.bank, ORDER) for _ in range(10)))

        assert {answer.outcome for answer in got} == {Submitted()}
        assert mocked.tokens.call_count == 2


async def test_a_second_refusal_of_the_token_is_contract_trouble_and_proves_nothing() -> None:
    door = Doorman(set())
    async with mocked_mufg() as mocked:
        mocked.route.mock(side_effect=door)

        sent = await submit(mocked.bank, ORDER)
        shown_by_a_submit = len(door.shown)
        mocked.says(EARLY)
        asked = await mocked.bank.inquire(ORDER)

    assert sent.outcome == Unknown(Reason.CONTRACT_ERROR)
    assert sent.evidence.code == "invalid_token"
    assert shown_by_a_submit == 2
    assert asked.outcome == Unknown(Reason.CONTRACT_ERROR)


@pytest.mark.parametrize(
    "challenge",
    [
        pytest.param(None, id="none"),
        pytest.param("Basic realm=x", id="another scheme"),
        pytest.param("Bearer", id="no error"),
        pytest.param('Bearer error="insufficient_scope"', id="another error"),
        pytest.param('Bearer realm="error=invalid_token"', id="the words in another place"),
    ],
)
async def test_a_401_that_does_not_say_so_renews_nothing_and_is_unknown(
    challenge: str | None,
) -> None:
    headers = {} if challenge is None else {"WWW-Authenticate": challenge}
    async with mocked_mufg() as mocked:
        mocked.says(httpx.Response(401, headers=headers))

        got = await submit(mocked.bank, ORDER)

        assert got.outcome == Unknown(integrity=True)
        assert len(mocked.asked()) == 1


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer error="invalid_token"',
        'bearer realm="mufg",error="invalid_token"',
        'Bearer realm="a, b", error="invalid_token", error_description="it, too, has ended"',
    ],
)
async def test_the_challenge_is_known_however_it_is_spelt(challenge: str) -> None:
    refusal = httpx.Response(401, headers={"WWW-Authenticate": challenge})
    async with mocked_mufg() as mocked:
        mocked.says(refusal, TAKEN)

        assert (await submit(mocked.bank, ORDER)).outcome == Submitted()


def answer_or_raise(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


UNREACHABLE = NotSent(Reason.BANK_UNREACHABLE)
CONTRACT_TROUBLE = NotSent(Reason.CONTRACT_ERROR)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(httpx.Response(401), CONTRACT_TROUBLE, id="our secret is wrong"),
        pytest.param(
            httpx.Response(400, json={"error": "invalid_client"}),
            CONTRACT_TROUBLE,
            id="refused with a 400",
        ),
        pytest.param(httpx.Response(403), CONTRACT_TROUBLE, id="forbidden"),
        pytest.param(
            httpx.Response(429, headers={"Retry-After": "3"}),
            NotSent(Reason.THROTTLED, START + timedelta(seconds=3)),
            id="throttled",
        ),
        pytest.param(httpx.Response(500), UNREACHABLE, id="500"),
        pytest.param(httpx.Response(503, content=grant().content), UNREACHABLE, id="503"),
        pytest.param(httpx.Response(302, headers={"Location": "/x"}), UNREACHABLE, id="a redirect"),
        pytest.param(httpx.Response(200, content=b"<html>"), UNREACHABLE, id="a page"),
        pytest.param(httpx.Response(200, content=b"[]"), UNREACHABLE, id="a list"),
        pytest.param(grant(token_type="mac"), UNREACHABLE, id="another kind of token"),
        pytest.param(grant(access_token=""), UNREACHABLE, id="an empty token"),
        pytest.param(grant(access_token="a\r\nX: b"), UNREACHABLE, id="a line break"),
        pytest.param(grant(access_token=7), UNREACHABLE, id="a number for a token"),
        pytest.param(grant(expires_in=0), UNREACHABLE, id="over at once"),
        pytest.param(grant(expires_in=-1), UNREACHABLE, id="over before"),
        pytest.param(grant(expires_in=True), UNREACHABLE, id="true seconds"),
        pytest.param(grant(expires_in="300"), UNREACHABLE, id="seconds as a text"),
        pytest.param(grant(expires_in=10**9), UNREACHABLE, id="for ever"),
        pytest.param(httpx.ConnectError("refused"), UNREACHABLE, id="nobody there"),
        pytest.param(httpx.ReadTimeout("late"), UNREACHABLE, id="no answer"),
    ],
)
async def test_without_a_token_nothing_is_sent_and_no_number_used(
    answer: httpx.Response | Exception, expected: object
) -> None:
    async with mocked_mufg() as mocked:
        mocked.tokens.mock(side_effect=lambda _: answer_or_raise(answer))

        sent = await submit(mocked.bank, ORDER)
        asked = await mocked.bank.inquire(ORDER)

        assert sent.outcome == expected
        assert asked.outcome == (
            Unknown(Reason.CONTRACT_ERROR) if expected == CONTRACT_TROUBLE else Unknown()
        )
        assert mocked.asked() == []
        assert mocked.lanes.next_number == 1
        assert sent.evidence.request_sha256 is None


async def test_a_token_not_renewed_after_a_401_leaves_the_first_request_unknown() -> None:
    async with mocked_mufg() as mocked:
        mocked.tokens.mock(side_effect=[grant("t1"), *[httpx.Response(500)] * 9])
        mocked.says(EARLY)

        got = await submit(mocked.bank, ORDER)

    assert got.outcome == Unknown(Reason.BANK_UNREACHABLE)


async def test_a_renewal_that_hangs_ends_with_the_calls_deadline() -> None:
    hanging = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        await hanging.wait()
        return grant()

    async with mocked_mufg(deadline_s=0.05) as mocked:
        mocked.tokens.mock(side_effect=hang)
        mocked.says(TAKEN)

        got = await submit(mocked.bank, ORDER)
        hanging.set()

        assert got.outcome == UNREACHABLE
        assert mocked.asked() == []


async def test_a_caller_that_gives_up_leaves_the_renewal_to_the_others() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_: httpx.Request) -> httpx.Response:
        begun.set()
        await go_on.wait()
        return grant()

    async with mocked_mufg() as mocked:
        mocked.tokens.mock(side_effect=slowly)
        mocked.says(TAKEN)
        impatient = asyncio.create_task(submit(mocked.bank, ORDER))
        await begun.wait()
        patient = asyncio.create_task(submit(mocked.bank, ORDER))

        impatient.cancel()
        go_on.set()

        assert (await patient).outcome == Submitted()
        assert mocked.tokens.call_count == 1
        with pytest.raises(asyncio.CancelledError):
            await impatient


def test_a_secret_stands_in_no_representation() -> None:
    shown = repr(Credentials("http://127.0.0.1", "us", "hush-hush")) + repr(Token("hush-hush", 1))

    assert "hush-hush" not in shown
