"""Reading XML that may be hostile: nothing is expanded, nothing fetched, no depth without end."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from gateway.sandbox.mufg.grammar import AMOUNT, ROOT, Place, grammar
from gateway.sandbox.mufg.malformed import Malformed

LEVELS_MAX = 32
# Far more than one transaction can need; a flood of what may stand there ends here.
ELEMENTS_MAX = 10_000
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
# What a namespace and a name are told apart by: a space stands in neither.
_BETWEEN = " "
_MESSAGE_ID = re.compile(r"[A-Za-z0-9]{1,35}")
_BLANKS = " \t\r\n"
_SCHEMA_LOCATION = "http://www.w3.org/2001/XMLSchema-instance schemaLocation"


@dataclass(slots=True)
class Element:
    """One element as it was written; `namespace` only matters below a wildcard."""

    name: str
    namespace: str
    currency: str | None = None
    texts: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return all that stands directly in this element."""
        return "".join(self.texts)

    def find(self, path: str) -> "Element | None":
        """Return the first element at `a/b/c` below this one."""
        found: Element | None = self
        for name in path.split("/"):
            if found is None:
                return None
            found = next((child for child in found.children if child.name == name), None)
        return found

    def text_at(self, path: str) -> str:
        """Return the text at `a/b/c`, or raise `Malformed` if it is not there."""
        found = self.find(path)
        if found is None:
            raise Malformed(f"{path} is missing")
        return found.text


def read_document(body: bytes, message: str) -> Element:
    """Return the `Document` of that message, its structure as the XSD demands, or `Malformed`."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    reader = _Reader(message)
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Malformed("not well-formed XML", message_id(reader.document)) from error
    except Malformed as error:
        error.message_id = message_id(reader.document)
        raise
    return reader.document


def message_id(document: Element) -> str:
    """Return the `MsgId` of as much as was read, "" if there is none that can be said again."""
    found = document.children[0].find("GrpHdr/MsgId") if document.children else None
    return found.text if found is not None and _MESSAGE_ID.fullmatch(found.text) else ""


class _Reader:
    """Follows the parser with a stack of open elements and of what may stand in each."""

    def __init__(self, message: str) -> None:
        self._namespace = NAMESPACE + message
        self._place = Place(grammar(message), ROOT)
        self._places: list[Place] = []
        self._open: list[Element] = []
        self._text: list[str] = []
        self._count = 0
        self.document = Element("", "")
        # Our own word on the encoding outweighs whatever the document declares.
        self.parser = parser = expat.ParserCreate("UTF-8", _BETWEEN)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.upper() != "UTF-8":
            raise Malformed("not UTF-8")

    def _doctype(self, *_: object) -> None:
        raise Malformed("a document type has no place here")

    def _instruction(self, *_: object) -> None:
        raise Malformed("a processing instruction has no place here")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) == LEVELS_MAX or self._count > ELEMENTS_MAX:
            raise Malformed("nested too deeply, or too many elements")
        namespace, _, name = tag.rpartition(_BETWEEN)
        self._take_text()
        inner = self._entered(namespace, name)
        element = Element(name, namespace, _currency(attributes, inner))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.document = element
        self._open.append(element)
        self._places.append(inner)

    def _entered(self, namespace: str, name: str) -> Place:
        if not self._open:
            if (namespace, name) != (self._namespace, ROOT):
                raise Malformed("not the document that this call takes")
            return self._place
        outer = self._places[-1]
        if not outer.rule.takes_anything and namespace != self._namespace:
            raise Malformed("another namespace")
        return outer.enter(name)

    def _end(self, _: str) -> None:
        self._take_text()
        self._open.pop()
        self._places.pop().leave()

    def _take_text(self) -> None:
        """Give what was read to the element that holds it."""
        text = "".join(self._text)
        self._text.clear()
        if not text:
            return
        if not self._places[-1].rule.parts:
            self._open[-1].texts.append(text)
        elif text.strip(_BLANKS):
            raise Malformed("text between elements")


def _currency(attributes: dict[str, str], place: Place) -> str | None:
    """Return an amount's currency; no other attribute says anything in these messages."""
    if not attributes and place.type != AMOUNT:
        return None
    known = {name: text for name, text in attributes.items() if name != _SCHEMA_LOCATION}
    currency = known.pop("Ccy", None) if place.type == AMOUNT else None
    if known or (place.type == AMOUNT and currency is None):
        raise Malformed("an attribute too many, or the currency is missing")
    return currency
