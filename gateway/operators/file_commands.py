"""`gateway ops file-end`: parses, calls, prints."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.domain.bank_file import BankFile, FileEnding, FileWord
from gateway.domain.identifier import read_reference
from gateway.operators.operating import operate
from gateway.services.end_file import confirm_file_end, propose_file_end
from gateway.store.database import Database


def end(
    file: Annotated[str, typer.Argument(help="Its number, as explain and review show print it.")],
    *,
    word: Annotated[FileWord, typer.Option("--as", help="What the bank says of that number.")],
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
    receipt: Annotated[str, typer.Option(help="The bank's receipt, with accepted.")] = "",
    note: Annotated[str, typer.Option(help="Who at the bank said so: it stays on record.")] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
    ] = False,
) -> None:
    """End a file by the bank's word about its number; it takes two people.

    Ask the bank about the number, not about a transfer. accepted: it has the file. refused: it
    read the file and took nothing of it. barred: it has not got the number, and will refuse it
    from now on. That it has not got it is no word: a copy may still be on its way.
    """
    file = read_reference(file) or file

    async def act(db: Database, now: datetime) -> BankFile:
        if confirm:
            return await confirm_file_end(db, file, word, receipt or None, by=by, now=now)
        ending = FileEnding(word, receipt or None, by, now, note)
        return await propose_file_end(db, file, ending, now=now)

    ended = operate(act)
    if confirm:
        typer.echo(f"confirmed: file {file} is {ended.state}; its items follow within seconds")
    else:
        typer.echo(f"proposed: file {file} as {word}; another operator confirms it")
