"""Connections are tried on both event loops: the gateway runs on uvloop, most tests do not."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    del item
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
