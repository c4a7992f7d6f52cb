"""A gateway that freezes where a test says: `python -m tests.flows.freezing POINT`."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack

import structlog

from gateway.app import database_address, open_gateway
from gateway.config import load_settings
from gateway.domain.ports import Point
from gateway.operators.running import logging_to, run
from gateway.ops.clock import SystemClock
from gateway.serve import listen, stop_signals

log = structlog.get_logger()


class FreezeAt:
    """Stops this process at one point, once, until somebody lets it go on."""

    def __init__(self, point: Point) -> None:
        self._point: Point | None = point

    def __call__(self, point: Point, /) -> None:
        if point is self._point:
            self._point = None
            os.kill(os.getpid(), signal.SIGSTOP)


async def serve(point: Point) -> None:
    settings = await asyncio.to_thread(load_settings, port=0)
    clock = SystemClock(settings.clock_shift_s)
    with stop_signals() as stopped:
        async with (
            database_address(settings) as url,
            open_gateway(settings, url=url, clock=clock, checkpoint=FreezeAt(point)) as gateway,
            AsyncExitStack() as stack,
        ):
            host, port = await listen(stack, gateway, settings)
            log.info("gateway.started", role="all", host=host, port=port)
            await stopped.wait()


if __name__ == "__main__":
    with logging_to(load_settings(), fd=1):
        run(serve(Point(sys.argv[1])))
