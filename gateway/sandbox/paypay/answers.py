"""What PayPay answers with: sealed lines, a sheet with its MAC beside it, a page for a browser."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

from gateway.sandbox.exchange import Reply
from gateway.sandbox.paypay.forms import first_text
from gateway.sandbox.paypay.refusals import Refusal
from gateway.sandbox.paypay.seal import Seal, stamp
from gateway.sandbox.urlencoded import Pair

TEXT = "text/plain; charset=Shift_JIS"
SHEET = "text/csv; charset=Shift_JIS"
_HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_PAGE = """<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>お支払いを始められません</title></head>
<body><main><h1>お支払いを始められません</h1><p>コード: {code}</p><p>{reason}</p></main></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Lines(Reply):
    """An answer of `KEY=value` lines; the seal adds what every message carries."""

    fields: Mapping[str, str] = field(default_factory=dict)


def said(fields: Mapping[str, str]) -> Lines:
    """Return RESULT=0 with what belongs to it."""
    return Lines(200, fields={"RESULT": "0", **fields})


def refused(refusal: Refusal) -> Lines:
    """Return RESULT=1 with the code, and with E04 when the bank opens again."""
    fields = {"RESULT": "1", "CODE": refusal.code}
    if refusal.resumes_at is not None:
        fields["RESUMES_AT"] = stamp(refusal.resumes_at)
    return Lines(200, fields=fields)


def refused_page(refusal: Refusal) -> Reply:
    """Return the refusal for a browser."""
    page = _PAGE.format(code=refusal.code, reason=escape(refusal.reason))
    return Reply(400, page.encode(), _HTML)


def sealed(reply: Reply, seal: Seal, asked: list[Pair]) -> Reply:
    """Return the answer as it is sent: bound to the request's nonce and reference, with its MAC."""
    if isinstance(reply, Lines):
        fields = {**reply.fields, **_repeated(asked)}
        body = seal.lines(fields, is_badly_signed=reply.is_badly_signed)
        return replace(reply, body=body, headers={"Content-Type": TEXT})
    if reply.headers.get("Content-Type") == SHEET:
        data = reply.body + b"\n" if reply.is_badly_signed else reply.body
        return replace(reply, headers={**reply.headers, "X-MAC": seal.mac(data)})
    return reply


def _repeated(asked: list[Pair]) -> dict[str, str]:
    tran_id = first_text(asked, b"TRAN_ID")
    repeated = {} if tran_id is None else {"TRAN_ID": tran_id}
    # A request that cannot be read has no nonce to repeat.
    return {**repeated, "REQ_NONCE": first_text(asked, b"NONCE") or ""}
