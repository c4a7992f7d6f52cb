"""/problems/{code}: the page to which the `type` of a problem leads, in both languages."""

from html import escape

from aiohttp import web

from gateway.http.error_row import Row, Words
from gateway.http.errors import TABLE
from gateway.http.openapi.problems import problem_examples
from gateway.http.problems import language_headers, language_of, say
from gateway.http.refusals import RouteUnknown

PAGE = """\
<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{detail}</p>
<dl>
<dt>code</dt><dd><code>{code}</code></dd>
<dt>{status_label}</dt><dd>{status}</dd>
<dt>{again_label}</dt><dd>{again}</dd>
</dl>
</html>
"""
ROWS = {kind.code: row for kind, row in TABLE.items()}
STATUS = Words("HTTPステータス", "HTTP status")
AGAIN = Words("同じリクエストを送り直せるか", "May the same request be sent again?")
YES = Words("はい。Retry-Afterの秒数を待ってください。", "Yes, after the seconds of Retry-After.")
NO = Words("いいえ", "No")


async def show_problem(request: web.Request) -> web.Response:
    """Say what a code means and what to do. Raises RouteUnknown for a code that is none."""
    row = ROWS.get(request.match_info["code"])
    if row is None:
        raise RouteUnknown
    language = language_of(request.headers.get("Accept-Language"))
    return web.Response(
        text=_page(request.match_info["code"], row, language),
        content_type="text/html",
        charset="utf-8",
        headers=language_headers(language),
    )


def _page(code: str, row: Row, language: str) -> str:
    """Return the page. Its detail is that of an example: some name an amount or an instant."""
    example = problem_examples()[code if language == "ja" else f"{code}.{language}"]
    told = {
        "language": language,
        "title": say(row.title, language),
        "detail": str(example["value"]["detail"]),
        "code": code,
        "status_label": say(STATUS, language),
        "status": str(row.status),
        "again_label": say(AGAIN, language),
        "again": say(YES if row.is_retryable else NO, language),
    }
    return PAGE.format(**{name: escape(text) for name, text in told.items()})
