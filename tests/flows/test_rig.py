"""A short run of the rig: 40 transfers and 40 repayments; `make chaos` is longer."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.architecture.project import PROJECT

SEED = 1


@pytest.mark.timeout(300)
async def test_a_system_that_is_killed_frozen_and_lied_to_pays_each_wish_once(tmp_path: Path):
    command = (sys.executable, "-m", "chaos", "--shape", "short", "--seed", str(SEED))
    run = await asyncio.create_subprocess_exec(
        *command, "--into", str(tmp_path), cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )

    written, _ = await run.communicate()

    assert run.returncode == 0, written.decode()
