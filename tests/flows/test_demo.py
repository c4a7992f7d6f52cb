"""What starts a demo, and what does not."""

import socket
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.demo.stage import open_stage
from gateway.domain.errors import NotReady
from tests.manual_clock import ManualClock


async def test_a_second_demo_is_told_that_the_sandboxs_port_is_taken(
    tmp_path: Path, clock: ManualClock
) -> None:
    """It ended with status 1 and not a word, since the traceback went to the log file."""
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        stage = open_stage(settings, clock=clock, sandbox_port=port, books_dir=None)

        with pytest.raises(NotReady, match=rf"{port}\): address already in use.*another demo"):
            await stage.__aenter__()
