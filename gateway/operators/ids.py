"""Ids as operators type them: the public form, the row id, in any case."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import typer

from gateway.domain.identifier import read_id, read_reference


@dataclass(frozen=True, slots=True)
class PublicId:
    """Reads an id of one kind: `rv_` and 32 hex digits, or the row id."""

    prefix: str
    what: str

    @property
    def __name__(self) -> str:
        """Return what the help calls it."""
        return f"{self.prefix}_ID"

    def __call__(self, typed: str) -> UUID:
        """Return the row id. Raises BadParameter with what is allowed."""
        identifier = read_id(self.prefix, typed)
        if identifier is None:
            raise typer.BadParameter(
                f"{typed}: {self.what} is {self.prefix}_ and 32 hex digits, or its row id"
            )
        return identifier


def wish_name(typed: str) -> str:
    """Return the name of a transfer or a repayment. Raises BadParameter with what is allowed."""
    if read_reference(typed) or read_id("tr", typed) or read_id("rp", typed):
        return typed
    raise typer.BadParameter(
        f"{typed}: tr_ or rp_ and 32 hex digits, the row id, or the bank's reference (20 characters"
        " of A-Z and 2-7)"
    )


Wish = Annotated[str, typer.Argument(parser=wish_name, help="tr_…, rp_…, or the bank reference.")]
OneItem = Annotated[
    UUID, typer.Argument(parser=PublicId("rv", "an item"), help="rv_…, as the list shows it.")
]
OneWindow = Annotated[
    UUID, typer.Argument(parser=PublicId("bw", "a window"), help="bw_…, as the list shows it.")
]
OneRule = Annotated[
    UUID, typer.Argument(parser=PublicId("sr", "a rule"), help="sr_…, as the list shows it.")
]
OneEntry = Annotated[
    UUID,
    typer.Argument(
        parser=PublicId("en", "an entry"), help="en_…, as the member's list of entries shows it."
    ),
]
