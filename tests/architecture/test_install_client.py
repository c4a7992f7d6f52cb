"""scripts/install_client: the TypeScript compiler is there, or one line says why not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.project import PROJECT

PACKAGE = Path("clients") / "typescript"
NPM = """\
#!/bin/sh
echo "$1" >> ../../calls
[ ! -e ../../unreachable ] && mkdir -p node_modules
"""
UNREACHABLE = "npm could not install what package-lock.json names; is its registry reachable?\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the script reads, with a machine's programs in `bin` that stand for Node.js."""
    (tmp_path / PACKAGE).mkdir(parents=True)
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/install_client", PACKAGE / "package.json", PACKAGE / "package-lock.json"):
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "mkdir"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    for name in ("node", "npm"):
        (tmp_path / "bin" / name).write_text(NPM)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def install(project: Path) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own script
        [project / "scripts" / "install_client"],
        check=False,
        capture_output=True,
        env={"PATH": str(project / "bin")},
        timeout=20,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def calls(project: Path) -> list[str]:
    return (project / "calls").read_text().split()


def test_it_installs_once_for_each_lock(project: Path) -> None:
    first, second = install(project), install(project)
    times = len(calls(project))
    (project / PACKAGE / "package-lock.json").write_text("{}")

    third = install(project)

    assert (first, second, third) == ((0, ""), (0, ""), (0, ""))
    assert (times, calls(project)) == (1, ["ci", "ci"])


def test_without_node_it_says_so(project: Path) -> None:
    (project / "bin" / "npm").unlink()

    assert install(project) == (1, "there is no Node.js with npm here\n")


def test_without_a_registry_it_says_so_and_tries_again_the_next_time(project: Path) -> None:
    (project / "unreachable").touch()
    assert install(project) == (1, UNREACHABLE)
    (project / "unreachable").unlink()

    assert install(project) == (0, "")
