"""What a payer does between the lender's page and the bank's: open it, log in, approve, go back."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin

import aiohttp

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _FirstForm(HTMLParser):
    """The first form of a page: where it is posted to, and what its fields are called."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.names: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        having = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = having.get("action") or ""
        if tag == "input" and self.action is not None:
            self.names.append(having.get("name") or "")


async def approve(
    browser: aiohttp.ClientSession, redirect: Mapping[str, Any], answers: Mapping[str, str]
) -> str:
    """Go where the lender's page leads, fill in the bank's form, and follow the way back.

    Return the address at the lender's that the browser is sent to in the end. Raises ValueError
    when a page is not what it should be.
    """
    form = _FirstForm(await _open(browser, redirect))
    if form.action is None or set(form.names) != set(answers):
        raise ValueError(f"the bank asks for {form.names or 'nothing'}")
    page = urljoin(redirect["url"], form.action)
    async with browser.post(
        page, data={**answers, "action": "approve"}, allow_redirects=False
    ) as answer:
        back = _way_on(answer)
    async with browser.get(back, allow_redirects=False) as answer:
        return _way_on(answer)


async def _open(browser: aiohttp.ClientSession, redirect: Mapping[str, Any]) -> str:
    """Return the bank's page: by a link, or by a form in the charset that the bank reads."""
    form = "&".join(
        f"{quote(name)}={quote(value.encode(redirect['charset']), safe='')}"
        for name, value in redirect["fields"].items()
    )
    async with browser.request(
        redirect["method"],
        redirect["url"],
        data=form.encode() if form else None,
        headers=FORM if form else {},
    ) as answer:
        answer.raise_for_status()
        return await answer.text()


def _way_on(answer: aiohttp.ClientResponse) -> str:
    address = answer.headers.get("Location")
    if address is None:
        raise ValueError(f"{answer.url.path} answers {answer.status} and leads nowhere")
    return address
