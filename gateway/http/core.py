"""The HTTP side as one application: every route on one page."""

import asyncio
from collections.abc import Mapping
from functools import cache

from aiohttp import web

from gateway.http import (
    accounts,
    banks,
    callbacks,
    description,
    events,
    loan,
    operators,
    probes,
    problem_page,
    repayments,
    returns,
    sessions,
    transfers,
)
from gateway.http.conditional import Marked
from gateway.http.deps import DEPS, HttpDeps
from gateway.http.description import FILES, files_of
from gateway.http.limits import while_counting
from gateway.http.middlewares import (
    with_context,
    with_problems,
    within_hours,
    within_limits,
    without_plain_text,
)
from gateway.http.openapi.accounts import CREATE_ACCOUNT, DELETE_ACCOUNT, LIST_ACCOUNTS
from gateway.http.openapi.banks import LIST_BANKS
from gateway.http.openapi.callbacks import TAKE_CALLBACK, TAKE_RETURN, TAKE_RETURN_FORM
from gateway.http.openapi.events import FOLLOW_EVENTS
from gateway.http.openapi.loan import GET_ENTRY, GET_LOAN, LIST_ENTRIES, SIMULATE
from gateway.http.openapi.machines import (
    IS_ALIVE,
    IS_READY,
    SHOW_ASSET,
    SHOW_METRICS,
    SHOW_OPENAPI,
    SHOW_PAGE,
    SHOW_PROBLEM,
)
from gateway.http.openapi.operators import (
    GET_EXPLANATION,
    GET_OPERATOR,
    LIST_REVIEW_ITEMS,
    LIST_STOPS,
    LIST_WATCHED_TRANSFERS,
)
from gateway.http.openapi.repayments import (
    CANCEL_REPAYMENT,
    CREATE_REPAYMENT,
    GET_REPAYMENT,
    LIST_REPAYMENTS,
    QUOTE_REPAYMENT,
)
from gateway.http.openapi.route import Route
from gateway.http.openapi.sessions import (
    CREATE_SESSION,
    DELETE_SESSION,
    DELETE_SESSIONS,
    LIST_SESSIONS,
)
from gateway.http.openapi.transfers import (
    CANCEL_TRANSFER,
    CREATE_TRANSFER,
    GET_TRANSFER,
    LIST_TRANSFERS,
    QUOTE_TRANSFER,
)

BODY_BYTES_MAX = 64 * 1024

# To add a route: a row here, its handler, and in `openapi/` its `Operation` with the models of its
# answers (fields as in `openapi/fields.py`; what it refuses: classes of `errors.TABLE`), and a call
# in tests/flows/recording.py. Then `make examples openapi client`, and docs/api.md gets a line.
ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/sessions", sessions.create_session, CREATE_SESSION),
    Route("GET", "/v1/sessions", sessions.list_sessions, LIST_SESSIONS),
    Route("DELETE", "/v1/sessions", sessions.delete_sessions, DELETE_SESSIONS),
    Route("DELETE", "/v1/sessions/{session_id}", sessions.delete_session, DELETE_SESSION),
    Route("POST", "/v1/accounts", accounts.create_account, CREATE_ACCOUNT),
    Route("GET", "/v1/accounts", accounts.list_accounts, LIST_ACCOUNTS),
    Route("DELETE", "/v1/accounts/{account_id}", accounts.delete_account, DELETE_ACCOUNT),
    Route("POST", "/v1/transfer_quotes", transfers.create_quote, QUOTE_TRANSFER),
    Route("POST", "/v1/transfers", transfers.create_transfer, CREATE_TRANSFER),
    Route("GET", "/v1/transfers", transfers.list_transfers, LIST_TRANSFERS),
    Route("GET", "/v1/transfers/{transfer_id}", transfers.get_transfer, GET_TRANSFER),
    Route("POST", "/v1/transfers/{transfer_id}/cancel", transfers.cancel, CANCEL_TRANSFER),
    Route("POST", "/v1/repayment_quotes", repayments.create_quote, QUOTE_REPAYMENT),
    Route("POST", "/v1/repayments", repayments.create_repayment, CREATE_REPAYMENT),
    Route("GET", "/v1/repayments", repayments.list_repayments, LIST_REPAYMENTS),
    Route("GET", "/v1/repayments/{repayment_id}", repayments.get_repayment, GET_REPAYMENT),
    Route("POST", "/v1/repayments/{repayment_id}/cancel", repayments.cancel, CANCEL_REPAYMENT),
    Route("GET", "/v1/loan", loan.get_loan, GET_LOAN),
    Route("GET", "/v1/loan/entries", loan.list_entries, LIST_ENTRIES),
    Route("GET", "/v1/loan/entries/{entry_id}", loan.get_entry, GET_ENTRY),
    Route("POST", "/v1/loan/simulations", loan.create_simulation, SIMULATE),
    Route("GET", "/v1/banks", banks.list_banks, LIST_BANKS),
    Route("GET", "/v1/events", events.follow, FOLLOW_EVENTS),
    Route("GET", "/ops/v1/operator", operators.get_operator, GET_OPERATOR),
    Route("GET", "/ops/v1/transfers", operators.list_watched_transfers, LIST_WATCHED_TRANSFERS),
    Route("GET", "/ops/v1/explanations/{movement_id}", operators.get_explanation, GET_EXPLANATION),
    Route("GET", "/ops/v1/stops", operators.list_stops, LIST_STOPS),
    Route("GET", "/ops/v1/review_items", operators.list_review_items, LIST_REVIEW_ITEMS),
    Route("POST", "/callbacks/{bank}", callbacks.take_callback, TAKE_CALLBACK),
    Route("GET", "/returns/{bank}", returns.take_return, TAKE_RETURN),
    Route("POST", "/returns/{bank}", returns.take_return, TAKE_RETURN_FORM),
    Route("GET", "/openapi.json", description.show_openapi, SHOW_OPENAPI),
    Route("GET", "/docs", description.show_page, SHOW_PAGE),
    Route("GET", "/docs/{asset}", description.show_asset, SHOW_ASSET),
    Route("GET", "/problems/{code}", problem_page.show_problem, SHOW_PROBLEM),
    Route("GET", "/livez", probes.is_alive, IS_ALIVE),
    Route("GET", "/readyz", probes.is_ready, IS_READY),
    Route("GET", "/metrics", probes.show_metrics, SHOW_METRICS),
)


def build_http(deps: HttpDeps) -> web.Application:
    """Return the application; run it with `http.server.HttpRunner`."""
    app = web.Application(
        middlewares=[with_context, with_problems, within_limits, within_hours],
        client_max_size=BODY_BYTES_MAX,
    )
    app[DEPS] = deps
    app[FILES] = {}
    app.add_routes([route.registered() for route in ROUTES])
    app.on_response_prepare.append(without_plain_text)
    app.on_startup.append(_read_files)
    app.cleanup_ctx.append(events.while_fed)
    app.cleanup_ctx.append(while_counting)
    # An open stream would hold the process up until its time-out.
    app.on_shutdown.append(events.end_streams)
    return app


async def _read_files(app: web.Application) -> None:
    """Make the description and read what its page is made of, off the event loop."""
    below = app[DEPS].desk.settings.public_path
    app[FILES].update(await asyncio.to_thread(_files, below))


@cache
def _files(below: str) -> Mapping[str, Marked]:
    """Return what is sent from here; applications of one process share it."""
    return files_of(ROUTES, below=below)
