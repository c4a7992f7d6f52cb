"""`gateway ops branch-add`: parses, calls, prints."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.domain.account import BankCode
from gateway.operators.operating import operate
from gateway.services.add_branch import add_branch
from gateway.store.branches import AddedBranch
from gateway.store.database import Database


def add(
    bank: BankCode,
    branch: Annotated[str, typer.Argument(help="Three digits.")],
    *,
    name: Annotated[str, typer.Option(help="As the bank writes it.")],
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
) -> None:
    """Know a branch that opened after this release: accounts there can be added from now on."""

    async def act(db: Database, now: datetime) -> AddedBranch:
        return await add_branch(db, AddedBranch(bank, branch, name, by, now))

    try:
        kept = operate(act)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"known: {bank} {kept.branch} {kept.name}")
