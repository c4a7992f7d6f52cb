"""`gateway ops sign-out`: parses, calls, prints."""

from typing import Annotated

import typer

from gateway.config import load_settings
from gateway.operators.operating import operate
from gateway.services.sign_out_members import sign_out_members

EVERYBODY = "everybody"


def sign_out(
    member: Annotated[str, typer.Argument(help=f"The member's number, or `{EVERYBODY}`.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
) -> None:
    """End a member's sessions at once, in all processes; what was asked for goes on."""
    number = None if member == EVERYBODY else member
    idle_s = load_settings().session_idle_s
    ended = operate(lambda db, now: sign_out_members(db, number, by=by, now=now, idle_s=idle_s))
    typer.echo(f"ended: {ended}")
