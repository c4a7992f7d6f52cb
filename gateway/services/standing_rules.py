"""Standing rules: what two operators say once of lines that come again and again."""

import secrets
from datetime import datetime
from uuid import UUID

import structlog

from gateway.domain.errors import GatewayError, NotFoundHere, required
from gateway.domain.house_money import BY_RULE, YEN_MAX, StandingRule
from gateway.domain.identifier import uuid7
from gateway.domain.operator import is_same_person, person
from gateway.store.database import Database
from gateway.store.house_money import (
    Act,
    KnownRule,
    approve_rule,
    list_rules,
    propose_rule,
    remove_rule,
)

TEXT_MAX = 48

log = structlog.get_logger()


class RuleRefused(GatewayError):
    """The rule cannot be made so; the message says why, and what is allowed."""

    code = "rule_refused"


async def add_rule(
    db: Database, rule: StandingRule, *, by: str, note: str, now: datetime
) -> KnownRule:
    """Write down a rule that one operator proposes; it binds once another has approved it.

    Raises RuleRefused, NameMissing.
    """
    _check(rule, note)
    known = required(
        await propose_rule(db, rule, Act(rule.id, person(by), now, note)),
        RuleRefused("there is a rule of that id already"),
    )
    log.warning("rule.proposed", bank=rule.bank, rule=str(rule.id))
    return known


async def approve(db: Database, rule_id: UUID, *, by: str, note: str, now: datetime) -> KnownRule:
    """Let a rule bind, from the next line on that nobody has looked at.

    Raises NotFoundHere, RuleRefused, NameMissing.
    """
    waits = await _found(db, rule_id)
    if waits.approved_by is not None:
        raise RuleRefused("it is approved already")
    if is_same_person(waits.proposed_by, by):
        raise RuleRefused("another operator approves what one proposed")
    known = required(
        await approve_rule(db, rule_id, _act(now, by, note)),
        RuleRefused("somebody was faster: look at the rule again"),
    )
    log.warning("rule.approved", bank=known.rule.bank, rule=str(rule_id))
    return known


async def remove(db: Database, rule_id: UUID, *, by: str, note: str, now: datetime) -> KnownRule:
    """End a rule. What it has named stays named. Raises NotFoundHere, NameMissing."""
    known = required(
        await remove_rule(db, rule_id, _act(now, by, note)),
        NotFoundHere("no standing rule has that id"),
    )
    log.warning("rule.removed", bank=known.rule.bank, rule=str(rule_id))
    return known


async def _found(db: Database, rule_id: UUID) -> KnownRule:
    for known in await list_rules(db):
        if known.rule.id == rule_id:
            return known
    raise NotFoundHere("no standing rule has that id")


def _check(rule: StandingRule, note: str) -> None:
    if not note.strip():
        raise RuleRefused("--note: a note says why; it stays on record")
    if rule.name not in BY_RULE:
        allowed = ", ".join(sorted(BY_RULE))
        raise RuleRefused(f"--as: a rule says {allowed}; people look at {rule.name} each time")
    if not rule.counterparty and not rule.text:
        raise RuleRefused("--counterparty or --text: say what the bank prints on such a line")
    if max(len(rule.counterparty), len(rule.text)) > TEXT_MAX:
        raise RuleRefused(f"--counterparty, --text: {TEXT_MAX} characters at most")
    least, most = rule.amounts
    if not 0 < least.amount <= most.amount <= YEN_MAX:
        raise RuleRefused(f"--amount-min, --amount-max: 1 to {YEN_MAX} yen, the smaller one first")


def _act(now: datetime, by: str, note: str) -> Act:
    return Act(uuid7(now, secrets.token_bytes(10)), person(by), now, note)
