"""`gateway ops file-end` offers three words, and no fourth."""

import pytest
from typer.testing import CliRunner

from gateway.domain.bank_file import FileWord
from gateway.operators.command_line import commands


@pytest.mark.parametrize("word", ["not_found", "unknown", "void", "done", "stored", ""])
def test_not_having_a_file_is_no_word(word: str) -> None:
    arguments = ["file-end", "F" * 20, "--as", word, "--by", "sato"]

    refused = CliRunner(env={"COLUMNS": "200"}).invoke(commands, arguments)

    assert refused.exit_code == 2
    for offered in FileWord:
        assert offered in refused.output


def test_there_are_three_words() -> None:
    assert set(FileWord) == {"accepted", "refused", "barred"}
