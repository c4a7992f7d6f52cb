"""The page on which a payer approves: what it shows, what it takes, where it sends the browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import ClientResponse

from tests.manual_clock import ManualClock
from tests.sandbox.lender import Json, Lender

DEMO = {"branch": "001", "number": "1234567", "password": "demo1234"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, and the text by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self._open:
            self.words.append(data.strip())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = attributes.items()
        return [
            having for name, having in self.elements if name == tag and wanted <= having.items()
        ]

    @property
    def alerts(self) -> int:
        return sum(having.get("role") == "alert" for _, having in self.elements)


async def get(lender: Lender, order: Json) -> tuple[Page, ClientResponse]:
    async with lender.session.get(order["redirectUrl"], allow_redirects=False) as answer:
        return Page(await answer.text()), answer


async def post(lender: Lender, order: Json, **fields: str) -> tuple[str, ClientResponse]:
    form: dict[str, Any] = DEMO | {"action": "approve"} | fields
    url = order["redirectUrl"]
    async with lender.session.post(url, data=form, allow_redirects=False) as answer:
        return await answer.text(), answer


async def status(lender: Lender, order: Json) -> tuple[str, str | None]:
    known = await lender.payment_status(order["clientReference"])
    return known["status"], known["failureReason"]


async def test_the_page_shows_payee_amount_description_and_two_buttons(lender: Lender):
    order = await lender.started(amount="1234567", description='ご返済 <1> & "2"')

    page, answer = await get(lender, order)

    assert (answer.status, answer.content_type, answer.charset) == (200, "text/html", "utf-8")
    assert {"ﾌﾟﾛﾐｽ", "1,234,567円", 'ご返済 <1> & "2"', "2026年11月25日 10時15分"} <= set(page.words)
    buttons = page.all("button", name="action")
    assert [button["value"] for button in buttons] == ["approve", "decline"]
    assert {"承認", "やめる"} <= set(page.words)
    assert page.alerts == 0


async def test_the_page_is_made_for_keyboards_phones_and_screen_readers(lender: Lender):
    page, _ = await get(lender, await lender.started())

    assert page.all("html", lang="ja")
    assert page.all("meta", name="viewport", content="width=device-width, initial-scale=1")
    labelled = {label["for"] for label in page.all("label")}
    inputs = {having["id"]: having for having in page.all("input")}
    assert labelled == set(inputs) == {"branch", "number", "password"}
    assert inputs["number"]["inputmode"] == "numeric"
    assert inputs["password"]["type"] == "password"
    assert "formnovalidate" in page.all("button", value="decline")[0]
    assert not page.all("script")
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert all("tabindex" not in having for _, having in page.elements)


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(letter * 2 for letter in colour)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_every_text_stands_out_from_its_ground(lender: Lender):
    """WCAG 2.2 asks for 4.5 : 1."""
    async with lender.session.get((await lender.started())["redirectUrl"]) as answer:
        style = (await answer.text()).split("<style>")[1].split("</style>")[0]

    grounds = {"fff", "fff3c4"}
    pairs = [(text, ground) for text in ("1a1a1a", "4a4a4a", "8c0019") for ground in grounds]
    pairs += [("fff", "004a80"), ("004a80", "fff")]
    used = set(re.findall(r"color: #([0-9a-f]+)", style)) | set(
        re.findall(r"background: #([0-9a-f]+)", style)
    )
    assert used <= {colour for pair in pairs for colour in pair} | {"b00020"}
    for text, ground in pairs:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
    assert ":focus-visible" in style
    assert "outline: none" not in style


async def test_the_page_allows_no_script_no_frame_and_no_style_but_its_own(lender: Lender):
    order = await lender.started()

    async with lender.session.get(order["redirectUrl"]) as answer:
        text, headers = await answer.text(), answer.headers

    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'self' https: http:",
        "frame-ancestors 'none'",
    ]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "style=" not in text


@pytest.mark.parametrize(
    ("return_url", "location"),
    [
        pytest.param("https://a.example/b", "https://a.example/b?{}", id="no query"),
        pytest.param("https://a.example/b?c=%20d&e", "https://a.example/b?c=%20d&e&{}", id="kept"),
        pytest.param("https://a.example/b?", "https://a.example/b?{}", id="an empty query"),
        pytest.param("https://a.example/b?c#d", "https://a.example/b?c&{}#d", id="a fragment"),
    ],
)
async def test_an_approval_takes_the_money_and_goes_back_with_a_hint(
    lender: Lender, return_url, location
):
    order = await lender.started(returnUrl=return_url)

    _, answer = await post(lender, order)

    assert answer.status == 303
    pairs = f"orderId={order['orderId']}&result=paid"
    assert answer.headers["Location"] == location.format(pairs)
    assert answer.headers["Cache-Control"] == "no-store"
    assert await status(lender, order) == ("PAID", None)
    assert len(await lender.movements()) == 1


@pytest.mark.parametrize("password", ["", "demo1234", "wrong"])
async def test_leaving_needs_no_password(lender: Lender, password):
    order = await lender.started()

    _, answer = await post(lender, order, action="decline", password=password)

    assert answer.status == 303
    assert answer.headers["Location"].endswith("&result=cancelled")
    assert await status(lender, order) == ("CANCELLED", None)
    payer = (await lender.payment_status(order["clientReference"]))["payerName"]
    assert payer == ("ﾔﾏﾀﾞ ﾀﾛｳ" if password == "demo1234" else None)


async def test_a_wrong_password_shows_the_page_again_and_says_so(lender: Lender):
    order = await lender.started()

    text, answer = await post(lender, order, password="wrong", branch='"><b>')

    page = Page(text)
    assert answer.status == 200
    assert page.alerts == 1
    assert "あと2回" in text
    assert page.all("title")
    assert page.all("input", id="branch")[0]["value"] == '"><b>'
    assert page.all("input", id="password")[0].get("value") is None
    assert {having["aria-describedby"] for having in page.all("input")} == {"alert"}
    assert "wrong" not in text
    assert await status(lender, order) == ("CREATED", None)
    _, answer = await post(lender, order)
    assert answer.headers["Location"].endswith("&result=paid")


async def test_the_third_wrong_password_ends_the_collection(lender: Lender):
    order = await lender.started()

    answers = [(await post(lender, order, password="wrong"))[1] for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 303]
    assert answers[-1].headers["Location"].endswith("&result=failed")
    assert await status(lender, order) == ("FAILED", "AUTHENTICATION_FAILED")


@pytest.mark.parametrize(
    "account",
    [
        pytest.param({"number": "7654321"}, id="no such account"),
        pytest.param({"branch": "002"}, id="another branch"),
        pytest.param({"number": "0000001"}, id="0000001"),
        pytest.param({"number": "9000001"}, id="the settlement account"),
        pytest.param({"number": "5555555"}, id="a closed account"),
        pytest.param({"number": "4444444", "password": ""}, id="an account without password"),
    ],
)
async def test_an_account_one_cannot_log_in_to_is_a_wrong_password(lender: Lender, account):
    closed = {"branch": "001", "type": "1", "number": "5555555", "holder": "ｱ", "status": "closed"}
    open_to_all = {"branch": "001", "type": "1", "number": "4444444", "holder": "ｱ", "password": ""}
    await lender.told("POST", "accounts", [closed, open_to_all])
    order = await lender.started()

    text, answer = await post(lender, order, **account)

    assert (answer.status, Page(text).alerts) == (200, 1)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        pytest.param("0000004", "INSUFFICIENT_FUNDS", id="funds short"),
        pytest.param("0000003", "ACCOUNT_FROZEN", id="frozen"),
    ],
)
async def test_a_magic_number_holds_for_the_payers_account(lender: Lender, number, reason):
    order = await lender.started()

    _, answer = await post(lender, order, number=number)

    assert answer.headers["Location"].endswith("&result=failed")
    assert await status(lender, order) == ("FAILED", reason)


async def test_full_width_digits_are_digits(lender: Lender):
    order = await lender.started()

    _, answer = await post(lender, order, branch="\uff10\uff10\uff11", number=" 1234567 ")

    assert answer.headers["Location"].endswith("&result=paid")


@pytest.mark.parametrize("action", ["", "approved"])
async def test_a_form_without_a_decision_decides_nothing(lender: Lender, action):
    order = await lender.started()

    text, answer = await post(lender, order, action=action)

    assert (answer.status, Page(text).alerts) == (400, 1)
    assert await status(lender, order) == ("CREATED", None)


async def test_what_is_over_sends_every_browser_back(lender: Lender, clock: ManualClock):
    paid, expired = await lender.started(), await lender.started()
    await post(lender, paid)
    clock.advance(3600)

    answers = [(await get(lender, paid))[1], (await post(lender, paid, action="decline"))[1]]
    answers.append((await post(lender, expired))[1])

    assert [answer.status for answer in answers] == [303] * 3
    results = [answer.headers["Location"].rsplit("=", 1)[1] for answer in answers]
    assert results == ["paid", "paid", "expired"]
    assert len(await lender.movements()) == 1


async def test_an_address_that_is_nobodys_is_a_404_in_japanese(lender: Lender):
    async with lender.session.get(f"{lender.url}/approve/{'0' * 32}") as answer:
        text = await answer.text()

    assert answer.status == 404
    assert "ページが見つかりません" in text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_the_page_knows_three_methods(lender: Lender):
    order = await lender.started()

    async with lender.session.put(order["redirectUrl"]) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    async with lender.session.head(order["redirectUrl"]) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("application/x-www-form-urlencoded; charset=nope", b"a=b", id="charset"),
        pytest.param("application/x-www-form-urlencoded", b"\xff=%ff", id="no UTF-8"),
        pytest.param("multipart/form-data", b"x", id="no boundary"),
        pytest.param("multipart/form-data; boundary=a", b"x", id="no part"),
        pytest.param("application/json", b"{}", id="JSON"),
    ],
)
async def test_what_is_no_form_decides_nothing(lender: Lender, content_type, body):
    order = await lender.started()
    url, headers = order["redirectUrl"], {"Content-Type": content_type}

    async with lender.session.post(url, data=body, headers=headers) as answer:
        text = await answer.text()

    assert (answer.status, Page(text).alerts) == (400, 1)
    assert await status(lender, order) == ("CREATED", None)
