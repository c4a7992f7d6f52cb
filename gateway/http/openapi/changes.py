"""What a change of the API description breaks for those who rely on the one before.

Callers may rely on every address, operation, answer and field that is there, and on what they send
being taken. Not on: texts, examples, the order of things, more fields or answers than before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from gateway.http.openapi.plain_schemas import (
    LOWER_BOUNDS,
    UPPER_BOUNDS,
    Json,
    fields_of,
    kinds,
    names_of,
    resolved,
    types_of,
    whole,
)

METHODS = ("get", "post", "put", "patch", "delete")
SHOWN = ("schema", "x-event-data")  # the body, or the data of each event of a stream
PARTS = ("items", "additionalProperties")  # what each part of a list or of an object must be
TEXTS_OF_A_SCHEME = ("description", "bearerFormat")


def breaking_changes(old: Json, new: Json) -> list[str]:
    """Return what breaks, one line each; empty if every caller of `old` may go on with `new`."""
    return list(dict.fromkeys(_paths(_Pair(old, new))))


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two documents; each part is looked up in its own. `seen`: components compared already."""

    old: Json
    new: Json
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def is_news(self, side: str, before: Json, after: Json) -> bool:
        """Say whether these two are to be compared: components are, once for each side."""
        if "$ref" not in before or "$ref" not in after:
            return True
        names = side, before["$ref"], after["$ref"]
        is_first = names not in self.seen
        self.seen.add(names)
        return is_first

    def resolved(self, before: Json, after: Json) -> tuple[Json, Json]:
        return resolved(self.old, before), resolved(self.new, after)


_Comparison = Callable[[_Pair, str, Json, Json], Iterator[str]]


def _paths(pair: _Pair) -> Iterator[str]:
    for path, before in pair.old["paths"].items():
        after = pair.new["paths"].get(path)
        if after is None:
            yield f"{path}: the address is gone"
            continue
        for method in (method for method in METHODS if method in before):
            place = f"{method.upper()} {path}"
            if method not in after:
                yield f"{place}: the operation is gone"
            else:
                yield from _operation(pair, place, before[method], after[method])


def _operation(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    if before["operationId"] != after["operationId"]:
        yield f"{place}: operationId {before['operationId']} became {after['operationId']}"
    yield from _security(pair, place, before, after)
    yield from _parameters(pair, place, before, after)
    yield from _request_body(pair, place, before, after)
    yield from _responses(pair, place, before["responses"], after["responses"])


def _security(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    """Yield who is not let in any more. One way in more harms nobody."""
    now = _ways_in(pair.new, after)
    for way in _ways_in(pair.old, before):
        if not any(new <= way for new in now):
            shown = " and ".join(sorted({name for name, _, _ in way})) or "nothing"
            yield f"{place}: callers who show {shown} are not let in any more"


def _ways_in(document: Json, operation: Json) -> list[frozenset[tuple[str, str, str]]]:
    """Return the ways in: each is all that a caller shows, by scheme, what that is, and scope."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    named: Sequence[Json] = operation.get("security", document.get("security", ()))
    return [
        frozenset(
            (name, _on_the_wire(schemes.get(name, {})), scope)
            for name, scopes in way.items()
            for scope in ("", *scopes)
        )
        for way in named or [{}]
    ]


def _on_the_wire(scheme: Json) -> str:
    return str(sorted((name, scheme[name]) for name in scheme if name not in TEXTS_OF_A_SCHEME))


def _parameters(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    known = _by_name(pair.old, before.get("parameters", []))
    now = _by_name(pair.new, after.get("parameters", []))
    for name, parameter in known.items():
        if name not in now:
            yield f"{place}: parameter {name} is gone"
        else:
            schemas = parameter["schema"], now[name]["schema"]
            yield from _taken(pair, f"{place} {name}", *schemas)
    for name, parameter in now.items():
        was_required = name in known and known[name].get("required", False)
        if parameter.get("required", False) and not was_required:
            yield f"{place}: parameter {name} is required now"


def _by_name(document: Json, parameters: Sequence[Json]) -> dict[str, Json]:
    found = (resolved(document, parameter) for parameter in parameters)
    return {f"{parameter['in']}:{parameter['name']}": parameter for parameter in found}


def _request_body(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    old_body, new_body = before.get("requestBody"), after.get("requestBody")
    if new_body is None:
        return  # what was sent before is not looked at any more
    if new_body.get("required", False) and not (old_body or {}).get("required", False):
        yield f"{place}: a body is required now"
    for media, content in (old_body or {"content": {}})["content"].items():
        if media not in new_body["content"]:
            yield f"{place}: {media} is not taken any more"
        else:
            schemas = content["schema"], new_body["content"][media]["schema"]
            yield from _taken(pair, place, *schemas)


def _responses(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    for status, response in before.items():
        if status not in after:
            yield f"{place}: does not answer {status} any more"
            continue
        old, new = pair.resolved(response, after[status])
        gone = sorted(set(old.get("headers", {})) - set(new.get("headers", {})))
        yield from (f"{place} {status}: header {header} is gone" for header in gone)
        for media, content in old.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{place} {status}: {media} is not given any more"
                continue
            for part in (part for part in SHOWN if part in content):
                schemas = content[part], new["content"][media].get(part, {})
                yield from _given(pair, f"{place} {status}", *schemas)


def _taken(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    """Yield why what was taken under `before` may be refused under `after`."""
    if not pair.is_news("taken", before, after):
        return
    known, now = kinds(pair.old, before), kinds(pair.new, after)
    if len(known) == len(now) == 1:
        yield from _kind_taken(pair, place, whole(pair.old, known[0]), whole(pair.new, now[0]))
        return
    for kind in known:
        if alike := [(kind, new) for new in now if _is_alike(pair, kind, new)]:
            yield from _nearest(pair, _taken, place, alike)
        else:
            yield from _types(place, types_of(pair.old, kind), types_of(pair.new, after))


def _is_alike(pair: _Pair, before: Json, after: Json) -> bool:
    known, now = types_of(pair.old, before), types_of(pair.new, after)
    return not known or not now or not set(known).isdisjoint(now)


def _nearest(
    pair: _Pair, compare: _Comparison, place: str, alike: Sequence[tuple[Json, Json]]
) -> list[str]:
    """Return what breaks between those two kinds between which least does."""
    found = []
    for before, after in alike:
        trial = replace(pair, seen=set(pair.seen))
        found.append((list(compare(trial, place, before, after)), trial.seen))
    lines, seen = min(found, key=lambda tried: len(tried[0]))
    pair.seen.update(seen)
    return lines


def _kind_taken(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    yield from _types(place, types_of(pair.old, before), types_of(pair.new, after))
    if "type" in after and "type" not in before:
        yield f"{place}: must be {after['type']} now"
    if "enum" in after:
        gone = [word for word in before.get("enum", ["any word"]) if word not in after["enum"]]
        yield from (f"{place}: {word} is not taken any more" for word in gone)
    yield from _bounds(place, before, after)
    known, now = before.get("properties", {}), after.get("properties", {})
    if after.get("additionalProperties", True) is False:
        yield from (f"{place}: field {name} is not taken any more" for name in known.keys() - now)
    required = set(after.get("required", ())) - set(before.get("required", ()))
    yield from (f"{place}: field {name} is required now" for name in sorted(required))
    for name in known.keys() & now.keys():
        yield from _taken(pair, f"{place} /{name}", known[name], now[name])
    for name in PARTS:
        yield from _parts_taken(pair, f"{place}[]", before.get(name, True), after.get(name, True))


def _parts_taken(pair: _Pair, place: str, before: Json | bool, after: Json | bool) -> Iterator[str]:
    """Yield why a part that was taken may be refused. True: anything goes; False: nothing does."""
    if after is False and before is not False:
        yield f"{place}: nothing is taken any more"
    elif before is not False and not isinstance(after, bool):
        yield from _taken(pair, place, {} if isinstance(before, bool) else before, after)


def _bounds(place: str, before: Json, after: Json) -> Iterator[str]:
    for name in (*LOWER_BOUNDS, *UPPER_BOUNDS, "multipleOf", "pattern"):
        if name in after and _is_tighter(name, before.get(name), after[name]):
            yield f"{place}: {name} is {after[name]} now, was {before.get(name, 'not set')}"


def _is_tighter(name: str, before: Any, after: Any) -> bool:
    if before is None or name == "pattern":
        return bool(before != after)  # which of two patterns takes more nobody can tell
    if name == "multipleOf":
        return bool(Decimal(str(before)) % Decimal(str(after)))  # floats: 0.3 % 0.1 is not 0
    return bool(after > before if name in LOWER_BOUNDS else after < before)


def _given(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    """Yield what a reader of `before` may miss or not understand in `after`.

    A new word of an enum is no break: callers are told that there may be more.
    """
    if not pair.is_news("given", before, after):
        return
    known, now = kinds(pair.old, before), kinds(pair.new, after)
    if len(known) == len(now) == 1:
        yield from _kind_given(pair, place, whole(pair.old, known[0]), whole(pair.new, now[0]))
        return
    for kind in now:
        if alike := [(old, kind) for old in known if _is_alike(pair, old, kind)]:
            # What lost a field may look like another kind, which never had it.
            own = [two for two in alike if names_of(pair.old, two[0]) & names_of(pair.new, kind)]
            yield from _nearest(pair, _given, place, own or alike)
        else:
            yield from _types(place, types_of(pair.new, kind), types_of(pair.old, before))
    gone = fields_of(pair.old, known) - fields_of(pair.new, now)
    yield from (f"{place}: field {name} is gone" for name in sorted(gone))


def _kind_given(pair: _Pair, place: str, before: Json, after: Json) -> Iterator[str]:
    yield from _types(place, types_of(pair.new, after), types_of(pair.old, before))
    known, now = before.get("properties", {}), after.get("properties", {})
    gone = sorted(known.keys() - now.keys())
    yield from (f"{place}: field {name} is gone" for name in gone)
    if "type" in before and "type" not in after and "enum" not in after and not gone:
        yield f"{place}: may be anything now"
    lost = set(before.get("required", ())) - set(after.get("required", ())) - set(gone)
    yield from (f"{place}: field {name} may be missing now" for name in sorted(lost))
    others = before.get("additionalProperties", True)  # what a field of any other name was
    for name in now:
        yield from _parts_given(pair, f"{place} /{name}", known.get(name, others), now[name])
    for name in PARTS:
        yield from _parts_given(pair, f"{place}[]", before.get(name, True), after.get(name, True))


def _parts_given(pair: _Pair, place: str, before: Json | bool, after: Json | bool) -> Iterator[str]:
    """Yield what is missed in a part. True: it may be anything; False: there is none."""
    if not isinstance(before, bool) and after is not False:
        yield from _given(pair, place, before, {} if isinstance(after, bool) else after)


def _types(place: str, offered: Iterable[str], understood: Iterable[str]) -> Iterator[str]:
    """Yield a line where one side may say what the other does not understand."""
    known = set(understood)
    new = [kind for kind in offered if known and kind not in known]
    yield from (f"{place}: may be {kind}, which is not expected" for kind in new)
