"""/returns/{bank}: payers' browsers come back here from a bank's page, by GET or by POST."""

from html import escape

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, GatewayError, NotFoundHere, ReturnStateInvalid
from gateway.domain.identifier import public_id
from gateway.domain.return_address import ADDED, with_query
from gateway.http.deps import desk_of, public_path_of
from gateway.http.errors import TABLE
from gateway.http.problems import language_of, problem_response, say
from gateway.http.repayment_answers import REPAYMENT
from gateway.services.return_browser import return_browser

PAGE = """\
<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{detail}</p>
</html>
"""


async def take_return(request: web.Request) -> web.Response:
    """Ask the bank, and send the browser on to the page of the lender that it came from.

    Of all that the browser brings only our own sealed `state` is looked at.
    """
    try:
        bank = BankCode(request.match_info["bank"])
    except ValueError:
        raise NotFoundHere from None
    try:
        repayment = await return_browser(desk_of(request), bank, request.query.get("state", ""))
    except (ReturnStateInvalid, Busy) as error:
        if "text/html" in request.headers.get("Accept", ""):
            return _page(request, error)
        raise
    address = with_query(repayment.return_url, ADDED, public_id(REPAYMENT, repayment.id))
    return web.Response(status=web.HTTPSeeOther.status_code, headers={"Location": address})


def _page(request: web.Request, error: GatewayError) -> web.Response:
    """Return a problem as a person sees it, whom the bank has just sent here."""
    row = TABLE[type(error)]
    language = language_of(request.headers.get("Accept-Language"))
    title, detail = (escape(say(words, language)) for words in (row.title, row.detail))
    response = problem_response(request, error, below=public_path_of(request))
    response.text = PAGE.format(language=language, title=title, detail=detail)
    response.content_type = "text/html"
    return response
