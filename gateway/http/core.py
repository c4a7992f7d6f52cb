"""The HTTP side as one application: every route on one page."""

import asyncio

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.domain.branches import branch_exists
from gateway.http import accounts, banks, callbacks, loan, probes, sessions, transfers
from gateway.http.deps import DEPS, HttpDeps
from gateway.http.middlewares import (
    with_context,
    with_problems,
    within_hours,
    without_plain_text,
)

BODY_BYTES_MAX = 64 * 1024

ROUTES = (
    web.post("/v1/sessions", sessions.create_session),
    web.get("/v1/sessions", sessions.list_sessions),
    web.delete("/v1/sessions", sessions.delete_sessions),
    web.delete("/v1/sessions/{session_id}", sessions.delete_session),
    web.post("/v1/accounts", accounts.create_account),
    web.get("/v1/accounts", accounts.list_accounts),
    web.delete("/v1/accounts/{account_id}", accounts.delete_account),
    web.post("/v1/transfer_quotes", transfers.create_quote),
    web.post("/v1/transfers", transfers.create_transfer),
    web.get("/v1/transfers", transfers.list_transfers),
    web.get("/v1/transfers/{transfer_id}", transfers.get_transfer),
    web.post("/v1/transfers/{transfer_id}/cancel", transfers.cancel),
    web.get("/v1/loan", loan.get_loan),
    web.get("/v1/banks", banks.list_banks),
    web.post("/callbacks/{bank}", callbacks.take_callback),
    web.get("/livez", probes.is_alive),
    web.get("/readyz", probes.is_ready),
    web.get("/metrics", probes.show_metrics),
)


def build_http(deps: HttpDeps) -> web.Application:
    """Return the application; run it with `http.server.HttpRunner`."""
    app = web.Application(
        middlewares=[with_context, with_problems, within_hours], client_max_size=BODY_BYTES_MAX
    )
    app[DEPS] = deps
    app.add_routes(ROUTES)
    app.on_response_prepare.append(without_plain_text)
    app.on_startup.append(_read_branches)
    return app


async def _read_branches(app: web.Application) -> None:
    """Read the table of branches before the first request would, and off the event loop."""
    del app
    await asyncio.to_thread(branch_exists, next(iter(BankCode)), "000")
