"""Damage: to bytes, to the parts of a message, to headers and to the status."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from tests.adapters.mutations.exchange import MutatedBank, Raw

STATUSES = (
    *(200, 201, 202, 204, 206, 299, 301, 303, 400, 401, 403, 404, 405, 409, 413),
    *(418, 422, 425, 429, 500, 501, 502, 503, 504, 599),
)
SCRAPS = (b'"', b"{", b"}", b",", b"\x00", b"\xff", b"0", b"1", b"=", b"\r\n", b"<", b"&", b" ")
HEADER_WORDS = (
    *(b"", b"0", b"text/html", b"application/json", b"text/csv; charset=UTF-8", b"NOT-FOUND"),
    *(b"2026-11-26T10:00:00+09:00", b"999999", b"-1", b"/mizuho/fb/files/R1", b"http://x/"),
)
ADDED_HEADERS = (
    *(b"Retry-After", b"Location", b"X-Result", b"X-Resumes-At", b"WWW-Authenticate", b"X-MAC"),
    *(b"X-File-Sha256", b"X-Duplicate"),
)
Blunt = Callable[[bytes, Random], bytes]
Sharp = Callable[[bytes, Sequence["re.Match[bytes]"], Sequence[bytes], Random], bytes]


def damaged(genuine: Raw, bank: MutatedBank, random: Random) -> Raw:
    """Return the answer damaged once or twice; rarely it is as it was."""
    answer = genuine
    for _ in range(random.choice((1, 1, 1, 2))):
        answer = random.choices(
            (_with_other_body, _with_other_header, _with_other_status), (8, 1, 1)
        )[0](answer, bank, random)
    return answer


def _with_other_body(answer: Raw, bank: MutatedBank, random: Random) -> Raw:
    parts = list(re.finditer(bank.item, answer.body))
    if len(parts) > 1 and random.random() < 0.6:
        return replace(answer, body=random.choice(SHARP)(answer.body, parts, bank.words, random))
    return replace(answer, body=random.choice(BLUNT)(answer.body, random))


def _with_other_status(answer: Raw, bank: MutatedBank, random: Random) -> Raw:
    del bank
    return replace(answer, status=random.choice(STATUSES))


def _with_other_header(answer: Raw, bank: MutatedBank, random: Random) -> Raw:
    del bank
    headers = list(answer.headers)
    if not headers or random.random() < 0.3:
        headers.append((random.choice(ADDED_HEADERS), random.choice(HEADER_WORDS)))
        return replace(answer, headers=tuple(headers))
    at = random.randrange(len(headers))
    name, value = headers[at]
    match random.randrange(4):
        case 0:
            del headers[at]
        case 1:
            headers.append((name, random.choice((value, *HEADER_WORDS))))
        case 2:
            headers[at] = (name, random.choice(HEADER_WORDS))
        case _:
            spoiled = random.choice((flip, cut, repeat))(value, random)
            headers[at] = (name, re.sub(rb"[^ -~]", b"?", spoiled))
    return replace(answer, headers=tuple(headers))


def flip(body: bytes, random: Random) -> bytes:
    if not body:
        return b"\x00"
    at = random.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << random.randrange(8)]) + body[at + 1 :]


def cut(body: bytes, random: Random) -> bytes:
    begin, end = sorted(random.choices(range(len(body) + 1), k=2))
    return body[:begin] + body[end:]


def cut_the_end(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def repeat(body: bytes, random: Random) -> bytes:
    begin, end = sorted(random.choices(range(len(body) + 1), k=2))
    return body[:end] + body[begin:]


def insert(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(SCRAPS) + body[at:]


def overwrite(body: bytes, random: Random) -> bytes:
    if not body:
        return b"0"
    at = random.randrange(len(body))
    return body[:at] + random.choice((b"0", b"1", b"9", b"R", b" ", b"A")) + body[at + 1 :]


def spoil_lines(body: bytes, random: Random) -> bytes:
    """Leave a line out, let it come twice, or let it stand elsewhere."""
    lines = body.splitlines(keepends=True) or [b""]
    line = lines.pop(random.randrange(len(lines)))
    again = random.choice((0, 1, 2))
    for _ in range(again):
        lines.insert(random.randrange(len(lines) + 1), line)
    return b"".join(lines)


def _replaced(body: bytes, span: tuple[int, int], new: bytes) -> bytes:
    return body[: span[0]] + new + body[span[1] :]


def exchange_values(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    del words
    one, other = sorted(random.sample(list(parts), 2), key=lambda part: part.start())
    body = _replaced(body, other.span("value"), one["value"])
    return _replaced(body, one.span("value"), other["value"])


def replace_value(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    return _replaced(body, random.choice(parts).span("value"), random.choice(words))


def lengthen_value(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    del words
    part = random.choice(parts)
    value = part["value"]
    longer = random.choice((value + value[-1:], value + b"0" * 50, b"0" + value, value + b" "))
    return _replaced(body, part.span("value"), longer)


def leave_out(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    del words
    return _replaced(body, random.choice(parts).span(), b"")


def double(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    part, after = random.choice(parts), random.choice(parts)
    doubled = part[0].replace(part["value"], random.choice((part["value"], *words)), 1)
    return _replaced(body, (after.end(), after.end()), doubled)


def rename(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    del words
    part = random.choice(parts)
    name = part.groupdict().get("name") or part["value"]
    other = random.choice(parts)
    new = random.choice((name + b"X", name.lower(), other.groupdict().get("name") or b"X"))
    return _replaced(body, part.span(), part[0].replace(name, new))


def move(
    body: bytes, parts: Sequence["re.Match[bytes]"], words: Sequence[bytes], random: Random
) -> bytes:
    """Let a part stand where another one stood."""
    del words
    one, other = sorted(random.sample(list(parts), 2), key=lambda part: part.start())
    return _replaced(_replaced(body, other.span(), one[0]), one.span(), other[0])


BLUNT: Sequence[Blunt] = (flip, cut, cut_the_end, repeat, insert, overwrite, spoil_lines)
SHARP: Sequence[Sharp] = (
    exchange_values,
    *(replace_value,) * 3,
    lengthen_value,
    leave_out,
    double,
    rename,
    move,
)
