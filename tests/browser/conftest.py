"""A browser for the whole run, and a page of it for each test; without one, all are left out."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Page, find_chromium, open_page, running_chromium

HERE = Path(__file__).parent
LEFT_OUT = "no Chromium here, so no page is tried in a real browser: see `make browser`"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say it once for all of them, before anything is set up."""
    if find_chromium() is None:
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running browser's DevTools."""
    program = find_chromium()
    assert program is not None
    with running_chromium(program, tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def page(chromium: str) -> AsyncIterator[Page]:
    async with open_page(chromium) as page:
        yield page
