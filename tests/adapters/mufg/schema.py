"""ISO 20022's own word on a document: the schemas, as `pyiso20022` carries them."""

import re
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any

from defusedxml.ElementTree import fromstring
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

STRICT = ParserConfig(
    fail_on_unknown_properties=True,
    fail_on_unknown_attributes=True,
    fail_on_converter_warnings=True,
)


def faults_of(content: bytes) -> list[str]:
    """Return what the schema says against a document; an unknown element raises at once."""
    name = re.search(rb"urn:iso:std:iso:20022:tech:xsd:([a-z0-9.]+)", content)
    assert name is not None
    kind = name[1].decode().replace(".", "_")
    schema = import_module(f"pyiso20022.{kind[:4]}.{kind}.{kind}")
    parsed = XmlParser(config=STRICT).from_bytes(content, schema.Document)
    found = list(_faults(parsed, "Document"))
    # xsdata writes in the schema's order, so a document in another order would come back changed.
    if _names(XmlSerializer().render(parsed).encode()) != _names(content):
        found.append("the order of the elements")
    return found


def _names(content: bytes) -> list[str]:
    return [element.tag for element in fromstring(content).iter()]


def _faults(value: Any, path: str) -> Iterator[str]:
    for one in fields(value):
        held = getattr(value, one.name)
        where = f"{path}/{one.metadata.get('name', one.name)}"
        if one.metadata.get("type") == "Wildcard":
            continue
        items = held if isinstance(held, list) else [] if held is None else [held]
        least = one.metadata.get("min_occurs", int(bool(one.metadata.get("required"))))
        if not least <= len(items) <= one.metadata.get("max_occurs", len(items)):
            yield f"{where} comes {len(items)} times"
        for item in items:
            yield from _faults(item, where) if is_dataclass(item) else _facets(item, one, where)


def _facets(item: object, one: Field[Any], where: str) -> Iterator[str]:
    facets = one.metadata
    if isinstance(item, str):
        is_long_enough = facets.get("min_length", 0) <= len(item)
        if not (is_long_enough and len(item) <= facets.get("max_length", len(item))):
            yield f"{where} has {len(item)} characters"
        if "pattern" in facets and not re.fullmatch(facets["pattern"], item):
            yield f"{where} is {item}"
    if isinstance(item, Decimal) and len(item.as_tuple().digits) > facets.get("total_digits", 18):
        yield f"{where} has too many digits"
