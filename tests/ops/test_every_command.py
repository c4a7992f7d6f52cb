"""What holds for every command of the tree, those that will be added too."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.__main__ import cli, main
from gateway.domain.errors import SettingsWrong
from gateway.operators.ending import typed_words
from tests.ops.command_tree import ID, Command, every_command, operators_commands

PROJECT = Path(__file__).parents[2]
AS_UUID = f"{ID[:8]}-{ID[8:12]}-{ID[12:16]}-{ID[16:20]}-{ID[20:]}"
FORMS = ("{prefix}_{id}", "{id}", "{uuid}", "{prefix}_{uuid}", " {PREFIX}_{ID} ", "{UUID}")
NOT_IDS = (
    "",
    "tr_",
    "tr_7",
    "zz_" + ID,
    ID[:-1],
    ID + "0",
    "1 OR 1=1",
    "ｔｒ_" + ID,
    "tr_" + ID[:-1] + "g",
)
NO_DATABASE = {"ops hours"}
ENCODINGS = ("ascii", "cp932")


def named(commands: list[Command]) -> list[Any]:
    return [pytest.param(command, id=str(command)) for command in commands]


def taking_ids() -> list[tuple[Command, Any]]:
    return [
        (command, parameter)
        for command in every_command()
        for parameter in command.parameters
        if command.parser(parameter) is not None
    ]


@pytest.fixture(autouse=True)
def own_log_only() -> Iterator[None]:
    """Give the libraries' log and the hook back: they belong to the whole process."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


@pytest.fixture
def typed(database_url: str, tmp_path: Path) -> CliRunner:
    """Type commands beside a database."""
    return CliRunner(env={"GATEWAY_DATABASE_URL": database_url, "GATEWAY_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("command", named(operators_commands()))
def test_in_an_empty_folder_nothing_is_done_and_nothing_is_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    ended = CliRunner().invoke(cli, command.arguments())

    assert list(tmp_path.iterdir()) == []
    if str(command) not in NO_DATABASE:
        assert f"no database in {tmp_path}" in ended.output
        assert ended.exit_code == 1
        assert ended.output.splitlines()[0] == f"database: embedded in {tmp_path / '.gateway'}"


@pytest.mark.parametrize(("command", "parameter"), taking_ids(), ids=str)
def test_an_id_that_nothing_has_is_not_found_in_whatever_form(
    command: Command, parameter: Any, typed: CliRunner
) -> None:
    prefix = getattr(command.parser(parameter), "prefix", "tr")
    forms = {"prefix": prefix, "id": ID, "uuid": AS_UUID}
    forms |= {name.upper(): value.upper() for name, value in forms.items()}

    for form in FORMS:
        words = command.arguments(**{parameter.name: form.format(**forms)})
        ended = typed.invoke(cli, words)

        assert (ended.exit_code, ended.stdout) == (1, ""), (words, ended.output)
        assert "Traceback" not in ended.output
        assert ended.stderr.splitlines()[1].startswith("gateway: ")


@pytest.mark.parametrize(("command", "parameter"), taking_ids(), ids=str)
def test_what_is_no_id_is_a_wrong_call(command: Command, parameter: Any) -> None:
    for word in NOT_IDS:
        ended = CliRunner().invoke(cli, command.arguments(**{parameter.name: word}))

        assert (ended.exit_code, ended.stdout) == (2, ""), (word, ended.output)
        assert "32 hex digits" in " ".join(ended.stderr.replace("│", "").split())


def test_the_first_line_names_the_database_and_no_record_is_on_the_screen(
    typed: CliRunner, database_url: str, tmp_path: Path
) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]

    for command in operators_commands():
        if str(command) in NO_DATABASE:
            continue
        ended = typed.invoke(cli, beside(command))

        said = f"{command}: {ended.output}"
        assert ended.stderr.startswith(f"database: {name} at "), said
        assert not [line for line in ended.output.splitlines() if line.startswith('{"')], said
        assert "gateway_app:" not in said
        assert ended.exit_code in {0, 1, 2}, said
        assert isinstance(ended.exception, SystemExit | None), said
    assert (tmp_path / "ops.log").stat().st_mode & 0o077 == 0


def test_json_is_json_on_any_terminal(typed: CliRunner) -> None:
    commands = [c for c in operators_commands() if any(p.name == "as_json" for p in c.parameters)]

    for command in commands:
        words = beside(command)
        for charset in ("utf-8", "ascii"):
            typed.charset = charset
            ended = typed.invoke(cli, [*words, "--json"])

            if ended.stdout:
                json.loads(ended.stdout)
            assert charset == "utf-8" or ended.stdout.isascii()
    assert len(commands) > 8


HUGE = "9" * 20
EXTREMES = [
    (Command.numbers, (HUGE, f"-{HUGE}", "1e400", "nan", "inf", "0.5", "٣")),
    (Command.days, ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "2026-02-30", HUGE)),
    (Command.digits, (HUGE, "0", "٣٣٣", "-12")),
]


@pytest.mark.parametrize(("taken_by", "words"), EXTREMES, ids=["numbers", "days", "digits"])
def test_no_number_or_day_is_too_large_for_a_sentence(
    typed: CliRunner, taken_by: Any, words: tuple[str, ...]
) -> None:
    """A lasting watch is no mistake: `audit-trace --seconds inf` is left out."""
    tried = 0
    for command in operators_commands():
        for parameter in taken_by(command):
            for word in words:
                if parameter.name == "seconds" and word in {HUGE, "inf", "1e400"}:
                    continue
                given = {"counterparty": "x"} if str(command) == "ops rules add" else {}
                ended = typed.invoke(cli, command.arguments(**given, **{parameter.name: word}))

                said = f"{command} {parameter.name} {word}: {ended.output}"
                assert isinstance(ended.exception, SystemExit | None), said
                assert ended.exit_code in {0, 1, 2}, said
                assert "ended by" not in ended.output, said
                tried += 1
    assert tried > 20


def beside(command: Command) -> list[str]:
    """Return the command as it ends by itself."""
    is_endless = any(parameter.name == "seconds" for parameter in command.parameters)
    return command.arguments(**({"seconds": "0"} if is_endless else {}))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_terminal_is_too_poor_for_a_command(
    encoding: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    calls = [[*command.words, "--help"] for command in every_command()]
    calls += [["ops", "hours"], ["ops", "hours", "--json"], ["openapi"], ["ops"], ["nöpe", "月"]]
    calls += [command.arguments() for command in operators_commands()]
    for words in calls:
        raw = io.BytesIO()
        out, err = (io.TextIOWrapper(raw, encoding) for _ in range(2))
        with monkeypatch.context() as screen:
            screen.setattr(sys, "stdout", out)
            screen.setattr(sys, "stderr", err)
            screen.setattr(sys, "argv", ["gateway", *words])
            with pytest.raises(SystemExit) as ended:
                main()
            out.flush()
            err.flush()

        assert ended.value.code in {0, 1, 2}, words
        assert "Traceback" not in raw.getvalue().decode(encoding, "replace")
        out.detach()
        err.detach()


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONIOENCODING": "cp932"}, id="cp932"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, id="ascii"),
        pytest.param({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, id="C"),
    ],
)
def test_a_real_terminal_shows_the_hours(environment: dict[str, str], tmp_path: Path) -> None:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
    shown = subprocess.run(
        [sys.executable, "-m", "gateway", "ops", "hours", "--days", "1"],
        env=kept | environment,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert (shown.returncode, shown.stderr) == (0, b"")
    assert b"smbc" in shown.stdout


@pytest.mark.parametrize(
    ("typed_word", "read"),
    [
        pytest.param("\udce6\udc9c\udc88", "月", id="UTF-8 on a terminal that knows ASCII only"),
        pytest.param("月", "月", id="what the terminal could read"),
        pytest.param("sato", "sato", id="ASCII"),
    ],
)
def test_words_are_what_was_typed(typed_word: str, read: str) -> None:
    assert typed_words([typed_word]) == [read]


def test_a_word_in_no_encoding_is_a_wrong_call() -> None:
    with pytest.raises(SettingsWrong, match="nor UTF-8"):
        typed_words(["ops", "\udcff"])
