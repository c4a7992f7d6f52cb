"""Bodies that say they are packed: nothing is unpacked here, and a bad one is nobody's fault."""

import gzip
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import Callback
from tests.http.conftest import NUMBER, PIN, Client, FakeBank
from tests.http.raw import exchange

SIGN_IN = b'{"method":"member_number","member_number":"%b","pin":"%b"}'
PACKED = gzip.compress(SIGN_IN % (NUMBER.encode(), PIN.encode()))


@dataclass(slots=True)
class ListeningBank(FakeBank):
    """Keeps the bodies of all calls."""

    heard: list[bytes] = field(default_factory=list)

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        del headers
        self.heard.append(body)
        return None


@pytest.fixture
def bank() -> ListeningBank:
    return ListeningBank()


def packed(path: str, body: bytes, encoding: str = "gzip") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: {encoding}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def test_a_banks_call_is_read_as_it_was_sent(client: Client, bank: ListeningBank) -> None:
    await exchange(client.url, packed("/callbacks/smbc", PACKED))

    assert bank.heard == [PACKED]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PACKED, id="packed"),
        pytest.param(PACKED[:-10], id="cut off"),
        pytest.param(b"no gzip at all", id="not packed"),
        pytest.param(gzip.compress(b" " * 10_000_000), id="ten megabytes of blanks"),
    ],
)
async def test_a_packed_body_is_refused_and_raises_no_alarm(
    client: Client, caplog: pytest.LogCaptureFixture, body: bytes, encoding: str
) -> None:
    with capture_logs() as records:
        reply = await exchange(client.url, packed("/v1/sessions", body, encoding))

    assert reply.status in {400, 415}
    assert reply.problem["code"] in {"malformed_json", "unsupported_media_type"}
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []
    assert "error" not in {record["log_level"] for record in records}
