"""What the description says of signing in and out."""

from typing import Annotated

from pydantic import Field

from gateway.domain.errors import CredentialsWrong, NotFoundHere, TooManyAttempts
from gateway.http.openapi.fields import Instant, SessionId, Shown
from gateway.http.openapi.operation import Caller, Gives, Operation, Tag
from gateway.http.openapi.parameters import Header
from gateway.http.payloads import SessionPayload
from gateway.http.refusals import OriginNotAllowed
from gateway.http.session_cookie import NAME


class SessionKept(Shown):
    """A new session, whose token is in the cookie."""

    id: SessionId
    expires_at: Instant
    idle_timeout_s: Annotated[
        float, Field(description="It ends after so many seconds without a request.")
    ]


class SessionOpened(SessionKept):
    """A new session. The token is shown this once."""

    token: Annotated[
        str,
        Field(
            description="Send it as `Authorization: Bearer …`.",
            json_schema_extra={"examples": ["Zk3v0pQ8s…"]},
        ),
    ]


class Session(Shown):
    """Where the member is signed in."""

    id: SessionId
    opened_at: Instant
    last_seen_at: Instant
    expires_at: Instant
    is_current: Annotated[bool, Field(description="The session that asks.")]


class Sessions(Shown):
    items: list[Session]


CREATE_SESSION = Operation(
    "createSession",
    Tag.SESSIONS,
    "Sign in",
    {
        200: Gives("Signed in by cookie", SessionKept, headers=(Header.SET_COOKIE,)),
        201: Gives("Signed in", SessionOpened),
    },
    description="The third wrong PIN on one Japanese day locks signing in by member number. "
    "Unknown number, wrong PIN, locked and suspended are not told apart. With `as_cookie` the "
    f"token is not shown: the browser keeps it as `{NAME}`, which no script can read.",
    caller=Caller.ANYONE,
    takes=SessionPayload,
    example={"method": "member_number", "member_number": "10000001", "pin": "2468"},
    is_writing=True,
    problems=(CredentialsWrong, TooManyAttempts, OriginNotAllowed),
)
LIST_SESSIONS = Operation(
    "listSessions",
    Tag.SESSIONS,
    "See where the member is signed in",
    {200: Gives("Live sessions", Sessions)},
)
DELETE_SESSIONS = Operation(
    "deleteSessions",
    Tag.SESSIONS,
    "Sign out everywhere",
    {
        204: Gives(
            "Signed out; no transfer is cancelled by it", headers=(Header.CLEAR, Header.SET_COOKIE)
        )
    },
    is_writing=True,
)
DELETE_SESSION = Operation(
    "deleteSession",
    Tag.SESSIONS,
    "Sign out there",
    {204: Gives("Signed out", headers=(Header.CLEAR, Header.SET_COOKIE))},
    is_writing=True,
    problems=(NotFoundHere,),
)
