"""Small faults for SQL: conditions, bounds, locks, steps, numbers, orders.

The text is read by its tokens. Where PostgreSQL cannot read a fault, the run draws another.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mutants.fault import Fault, Source

TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*)|(?P<text>'(?:[^']|'')*'|\$\$)|(?P<number>\b\d+\b)"
    r"|(?P<word>[$A-Za-z_][\w.]*)|(?P<sign><>|<=|>=|->>|->|=>|:=|::|\|\||@>|<@|<|>|=|[^\s\w])"
)
BOUNDS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
TURNED = {
    "LEAST": "GREATEST", "GREATEST": "LEAST", "MIN": "MAX", "MAX": "MIN",
    "TRUE": "false", "FALSE": "true",
}  # fmt: skip
VARIABLES = {"v_old.": "v_new.", "v_new.": "v_old."}
LOCKS = re.compile(
    r"\bFOR (?:NO KEY )?UPDATE\b(?: OF \w+)?|\bFOR (?:KEY )?SHARE\b(?: OF \w+)?|\bSKIP LOCKED\b"
)
STEP = re.compile(r"^ {4,}(?:PERFORM|UPDATE|INSERT|DELETE)\b", re.MULTILINE)
ENDS_CONDITION = {
    "AND", "OR", "THEN", "GROUP", "ORDER", "LIMIT", "FOR", "RETURNING", "UNION", "WINDOW",
    "HAVING", "ON", "LEFT", "JOIN", "CROSS", "WHEN", "ELSE", "END", "SET", "LOOP",
}  # fmt: skip
INTERVAL = re.compile(r"(?<=interval ')(\d+)(?= ?\w)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, text or sign, and its place."""

    kind: str
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        return self.text.upper()


def sql_faults(source: Source) -> Iterator[Fault]:
    """Yield every fault of the kinds that this module knows."""
    tokens = _tokens(source.text)
    yield from _signs_and_words(source, tokens)
    yield from _conditions(source, tokens)
    yield from _lists(source, tokens)
    yield from _texts(source)


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "space":
            continue
        depth -= match.group() == ")"
        found.append(Token(kind, match.group(), match.start(), depth))
        depth += match.group() == "("
    return found


def _signs_and_words(source: Source, tokens: Sequence[Token]) -> Iterator[Fault]:
    for before, token in pairwise(tokens):
        changed = _changed(before, token)
        if changed is not None:
            yield source.fault(changed[0], token.start, token.end, changed[1])


def _changed(before: Token, token: Token) -> tuple[str, str] | None:
    """Return the kind of fault that one token allows, and what comes in its place."""
    rows = (
        (token.text in BOUNDS, "boundary", BOUNDS.get(token.text, "")),
        (token.kind == "number", "constant changed", f"{token.text}0"),
        (token.upper in TURNED, "wrong word", TURNED.get(token.upper, "")),
        (token.upper == "DESC", "order turned", ""),
        (token.upper == "NOT" and before.upper not in {"IS", "IF"}, "condition turned", ""),
        (token.upper == "NULL" and before.upper == "IS", "condition turned", "NOT NULL"),
        (
            token.text[:6] in VARIABLES,
            "wrong variable",
            VARIABLES.get(token.text[:6], "") + token.text[6:],
        ),
    )
    return next(((kind, new) for holds, kind, new in rows if holds), None)


def _conditions(source: Source, tokens: Sequence[Token]) -> Iterator[Fault]:
    """Yield each condition of AND, OR and WHERE dropped, and each AND and OR turned."""
    for number, token in enumerate(tokens):
        if token.upper not in {"AND", "OR", "WHERE"} or _is_between(tokens, number):
            continue
        end = _condition_end(tokens, number)
        if token.upper == "WHERE":
            dropped = source.text[token.start : end]
            if dropped.strip().upper() != "WHERE TRUE":
                yield source.fault("condition dropped", token.start, end, "WHERE true ")
        else:
            yield source.fault("condition dropped", token.start, end, "")
            other = "OR" if token.upper == "AND" else "AND"
            yield source.fault("and/or", token.start, token.end, other)


def _is_between(tokens: Sequence[Token], number: int) -> bool:
    before = [one.upper for one in tokens[max(0, number - 6) : number]]
    return tokens[number].upper == "AND" and "BETWEEN" in before and "AND" not in before


def _condition_end(tokens: Sequence[Token], number: int) -> int:
    """Return where the condition that follows a word ends."""
    depth = tokens[number].depth
    for at in range(number + 1, len(tokens)):
        token = tokens[at]
        is_over = token.depth < depth or token.text in {";", "$$"}
        ends_here = token.depth == depth and token.upper in ENDS_CONDITION
        if is_over or (ends_here and not _is_between(tokens, at)):
            return token.start
        if token.depth == depth and token.text == ",":
            return token.start
    return tokens[-1].end


def _lists(source: Source, tokens: Sequence[Token]) -> Iterator[Fault]:
    """Yield each entry dropped from a list of texts, and each assignment dropped from a SET."""
    for before, token in pairwise(tokens):
        if token.kind == "text" and before.text == "," and _is_in_list(tokens, before):
            yield source.fault("entry removed", before.start, token.end, "")
    starts = [number for number, token in enumerate(tokens) if token.upper == "SET"]
    for start in starts:
        yield from _assignments(source, tokens, start)


def _is_in_list(tokens: Sequence[Token], comma: Token) -> bool:
    at = tokens.index(comma)
    opened = next(
        (
            one
            for one in range(at, -1, -1)
            if tokens[one].text == "(" and tokens[one].depth < comma.depth
        ),
        0,
    )
    return opened > 0 and tokens[opened - 1].upper == "IN"


def _assignments(source: Source, tokens: Sequence[Token], start: int) -> Iterator[Fault]:
    depth = tokens[start].depth
    commas = []
    for token in tokens[start + 1 :]:
        if token.depth < depth or token.text == ";":
            break
        if token.depth == depth and token.upper in {"WHERE", "FROM", "RETURNING"}:
            break
        if token.depth == depth and token.text == ",":
            commas.append(token)
    for comma, following in pairwise([tokens[start], *commas]):
        # From behind one comma to behind the next: the last assignment stays.
        yield source.fault("step removed", comma.end, following.end, "")


def _texts(source: Source) -> Iterator[Fault]:
    bare = re.sub(r"--[^\n]*", lambda match: " " * len(match.group()), source.text)
    for match in LOCKS.finditer(bare):
        yield source.fault("lock removed", match.start(), match.end(), "")
    for match in INTERVAL.finditer(bare):
        yield source.fault("constant changed", *match.span(), match.group() + "0")
    if "$$" in bare:
        for match in STEP.finditer(bare):
            end = bare.index(";", match.start()) + 1
            yield source.fault(
                "step removed", match.end() - len(match.group().strip()), end, "NULL;"
            )
