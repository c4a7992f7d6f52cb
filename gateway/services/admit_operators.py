"""Operators: add them, give them tokens, take those back, and know them again by one.

A token is 256 random bits behind `ops_`, so that people and scanners of repositories know what it
is. It is shown once; only its hash is kept.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.domain.errors import NotFoundHere, OperatorTokenMissing
from gateway.domain.identifier import uuid7
from gateway.domain.operator import Operator, person
from gateway.store import operators
from gateway.store.database import Database
from gateway.store.operators import Act, Admitted, StoredToken

TOKEN = re.compile(r"ops_[A-Za-z0-9_-]{43}")
SECRET_BYTES = 32
DAYS, DAYS_MAX = 90, 366

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """A new token. `text` is to be had this once."""

    token: StoredToken
    text: str = field(repr=False)


async def add_operator(db: Database, operator: Operator, *, by: str, now: datetime) -> None:
    """Add an operator, or give one that is there another role. Binds from the commit."""
    await operators.write_operator(db, operator, _act(by, now))
    log.warning("operator.added", operator=operator.name, role=operator.role)


async def issue_token(
    db: Database, name: str, *, by: str, now: datetime, days: int = DAYS
) -> TokenIssued:
    """Return a new token of an operator. Raises NotFoundHere."""
    operator = await operators.find_operator(db, person(name))
    if operator is None:
        raise NotFoundHere(f"no operator is named {name!r}")
    secret = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=")
    text = f"ops_{secret.decode()}"
    token = StoredToken(_new_id(now), operator.name, now, now + timedelta(days=days))
    await operators.write_token(db, token, _hash(text), by=person(by))
    log.warning("token.issued", operator=operator.name, token_id=token.id.hex, until=token.ends_at)
    return TokenIssued(token, text)


async def revoke_tokens(
    db: Database, named: UUID | str, *, by: str, now: datetime
) -> list[StoredToken]:
    """End a token, or all of the operator of that name, at once; return those that were not yet."""
    wanted = named if isinstance(named, UUID) else person(named)
    revoked = await operators.revoke(db, wanted, _act(by, now))
    for token in revoked:
        log.warning("token.revoked", operator=token.operator, token_id=token.id.hex)
    return revoked


async def authenticate_operator(db: Database, text: str, *, now: datetime) -> Admitted:
    """Return whose token that is. Raises OperatorTokenMissing: nobody's, ended or revoked."""
    found = None
    if TOKEN.fullmatch(text):
        found = await operators.find_admitted(db, _hash(text), now=now)
    if found is None:
        raise OperatorTokenMissing
    return found


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _act(by: str, now: datetime) -> Act:
    return Act(_new_id(now), person(by), now)


def _new_id(now: datetime) -> UUID:
    return uuid7(now, secrets.token_bytes(10))
