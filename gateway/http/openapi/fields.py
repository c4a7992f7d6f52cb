"""Kinds of fields that answers are made of: how each is written, with an example."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from gateway.domain.account import BankCode

EXAMPLE_HEX = "0192f3a17c1e7a338f005b2c8b3f1a01"


class Shown(BaseModel):
    """An answer, or a part of one. More fields may come: ignore what you do not know."""

    model_config = ConfigDict(strict=True, frozen=True)


def one_of(words: type[StrEnum], description: str = "") -> WithJsonSchema:
    """Return the schema of a word out of an enum, written where it is used."""
    told = {"description": description} if description else {}
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in words], **told})


def identifier(prefix: str) -> WithJsonSchema:
    """Return the schema of a public id."""
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{prefix}_[0-9a-f]{{32}}$",
            "examples": [f"{prefix}_{EXAMPLE_HEX}"],
        }
    )


Instant = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00$",
        json_schema_extra={"format": "date-time", "examples": ["2026-11-25T10:00:00.000+09:00"]},
    ),
]
Day = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\d$",
        json_schema_extra={"format": "date", "examples": ["2026-11-25"]},
    ),
]
Yen = Annotated[int, Field(ge=0, json_schema_extra={"examples": [30000]})]
Bank = Annotated[BankCode, one_of(BankCode)]
SessionId = Annotated[str, identifier("se")]
AccountId = Annotated[str, identifier("ac")]
TransferId = Annotated[str, identifier("tr")]
QuoteId = Annotated[str, identifier("qt")]
Cursor = Annotated[
    str | None, Field(description="Send it as `cursor` for the next page; null on the last one.")
]
