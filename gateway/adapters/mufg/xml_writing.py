"""XML to a bank: the same values give the same bytes, and no value can be taken for markup."""

import html
import re
from typing import NewType

Xml = NewType("Xml", str)

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NOT_TEXT = re.compile(r"[^ -\U0010ffff]|[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def leaf(name: str, text: str, **attributes: str) -> Xml:
    """Return an element with text; ValueError for characters that XML cannot carry unchanged."""
    return Xml(f"<{name}{_attributes(attributes)}>{_escaped(text)}</{name}>")


def branch(name: str, *children: Xml, **attributes: str) -> Xml:
    return Xml(f"<{name}{_attributes(attributes)}>{''.join(children)}</{name}>")


def document(namespace: str, message: Xml) -> bytes:
    return (DECLARATION + branch("Document", message, xmlns=namespace)).encode()


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{_escaped(value)}"' for name, value in attributes.items())


def _escaped(text: str) -> str:
    if NOT_TEXT.search(text):
        raise ValueError("a character that a document cannot carry")
    return html.escape(text)
