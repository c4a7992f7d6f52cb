"""One thread beside the event loop, in which statements are looked at part by part.

Every thread keeps memory of its own: a day that is handed from one to another costs that of all.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

READER = ThreadPoolExecutor(1, thread_name_prefix="statements")


async def in_reader(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `work` returns, or raise what it raises, once those before it are done."""
    return await asyncio.wrap_future(READER.submit(work, *args, **kwargs))
