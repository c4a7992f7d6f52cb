"""The TypeScript client is generated from the API description of today, and its samples compile."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.project import PROJECT

CLIENT = PROJECT / "clients" / "typescript"
COMPILER = shutil.which(CLIENT / "node_modules" / ".bin" / "tsc")


def test_the_types_are_those_of_the_checked_in_description() -> None:
    """After a change of docs/openapi.json: `make client`."""
    described = hashlib.sha256((PROJECT / "docs" / "openapi.json").read_bytes()).hexdigest()
    first_line = (CLIENT / "src" / "api.ts").read_text("utf-8").partition("\n")[0]

    assert first_line == f"// From docs/openapi.json, SHA-256 {described}"


def test_the_samples_are_short_and_call_what_there_is() -> None:
    written = {path.name: path.read_text("utf-8") for path in (CLIENT / "src").glob("*.ts")}
    del written["api.ts"]

    assert all(len(text.splitlines()) < 90 for text in written.values())
    called = {path for text in written.values() for path in re.findall(r"/v1/\w+", text)}
    assert called == {
        f"/v1/{name}"
        for name in (
            *("sessions", "accounts", "events", "transfer_quotes", "transfers"),
            *("repayment_quotes", "repayments"),
        )
    }


@pytest.mark.parametrize(
    ("lines", "mistakes"),
    [
        pytest.param("", 0, id="as it is"),
        pytest.param(
            "export const wrong: TransferPayload = { account_id: id, amount: '1' };\n"
            "console.log(quote.price);\n",
            2,
            id="with an amount in quotes and a field that is not there",
        ),
    ],
)
def test_the_samples_compile_and_mistakes_do_not(tmp_path: Path, lines: str, mistakes: int) -> None:
    if shutil.which("node") is None or COMPILER is None:
        pytest.skip("no TypeScript compiler: see scripts/install_client")
    shutil.copytree(CLIENT / "src", tmp_path / "src")
    shutil.copy(CLIENT / "tsconfig.json", tmp_path)
    shutil.copy(CLIENT / "package.json", tmp_path)
    with (tmp_path / "src" / "sample.ts").open("a") as sample:
        sample.write(lines)

    done = subprocess.run(  # noqa: S603 - the compiler of the lock, and files of ours
        [COMPILER, "--noEmit", "--project", tmp_path], check=False, capture_output=True, timeout=60
    )

    assert done.stdout.count(b"error TS") == mistakes, done.stdout.decode()
