"""`gateway ops operator-add | operators | token-issue | token-revoke`: parses, calls, prints."""

from typing import Annotated

import typer

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import public_id, read_id
from gateway.domain.operator import Operator, Role
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ending import Ended
from gateway.operators.operating import operate
from gateway.ops import render
from gateway.services.admit_operators import (
    DAYS,
    DAYS_MAX,
    add_operator,
    issue_token,
    revoke_tokens,
)
from gateway.store.database import Database
from gateway.store.operators import StoredToken, list_operators, list_tokens

TOKEN = "ot"  # noqa: S105 - the prefix of a token's id, no token

By = Annotated[str, typer.Option("--by", help="Who does this.")]
Name = Annotated[str, typer.Argument(help="The operator's name.")]


def add(name: Name, *, role: Annotated[Role, typer.Option()], by: By) -> None:
    """Add an operator, or give one another role: it binds at once."""
    try:
        operator = Operator(name, role)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    operate(lambda db, now: add_operator(db, operator, by=by, now=now))
    typer.echo(f"{name} is {role}")


def issue(
    name: Name,
    *,
    by: By,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How long it holds.")] = DAYS,
) -> None:
    """Give an operator a token for /ops/v1. It is shown this once; only its hash is kept."""
    try:
        issued = operate(lambda db, now: issue_token(db, name, by=by, now=now, days=days))
    except NotFoundHere as error:
        raise NotFoundHere(f"{error}: see operator-add") from error
    typer.echo(issued.text)
    typer.echo(f"issued: {_shown(issued.token)}; it is not shown again", err=True)


def revoke(
    named: Annotated[str, typer.Argument(help="ot_…, or an operator: all of that operator's.")],
    *,
    by: By,
) -> None:
    """End tokens at once, in all processes."""
    wanted = read_id(TOKEN, named) or named.strip()
    revoked = operate(lambda db, now: revoke_tokens(db, wanted, by=by, now=now))
    for token in revoked:
        typer.echo(f"revoked: {_shown(token)}")
    if not revoked:
        typer.echo("nothing was revoked: no such token or operator, or revoked before")
        raise typer.Exit(Ended.REFUSED)


def show(*, as_json: AsJson = False) -> None:
    """List operators with their roles, and every token that was issued."""
    operators, tokens = operate(lambda db, _: _read(db))
    if as_json:
        say_json({"operators": operators, "tokens": tokens})
        return
    for operator in operators:
        typer.echo(f"{operator.name}  {operator.role}")
    for token in tokens:
        typer.echo(_shown(token))


async def _read(db: Database) -> tuple[list[Operator], list[StoredToken]]:
    return await list_operators(db), await list_tokens(db)


def _shown(token: StoredToken) -> str:
    ends, revoked = (render.shown_instant(at) for at in (token.ends_at, token.revoked_at))
    shown = f"{public_id(TOKEN, token.id)}  {token.operator}  until {ends}"
    return f"{shown}, revoked {revoked}" if revoked else shown
