"""XML from a bank, read so that it can mean one thing only and that reading it does no harm.

UTF-8, one namespace, no DTD and so no entity of its own, no processing instruction, not deep, not
large; nothing is ever fetched. What lies in a supplementary envelope (`Envlp`) is passed over.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

BYTES_MAX = 1 << 20
DEPTH_MAX = 32
ELEMENTS_MAX = 500  # a report has about 40
ATTRIBUTES_MAX = 8  # of one element; amounts have one
NAMESPACES_MAX = 16
WHITE = " \t\r\n"


class NotReadable(ValueError):
    """The bytes are no document of the kind, or could be read in two ways."""


@dataclass(slots=True)
class Element:
    """An element by its local name. Either it has children or it has text."""

    name: str
    attributes: Mapping[str, str]
    children: list["Element"] = field(default_factory=list)
    content: str = ""

    def every(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def maybe(self, *path: str) -> "Element | None":
        """Return what the path leads to, None if it leads nowhere; refuse a fork."""
        found = self
        for name in path:
            next_ones = found.every(name)
            if not next_ones:
                return None
            if len(next_ones) > 1:
                raise NotReadable(f"{name} comes twice")
            found = next_ones[0]
        return found

    def one(self, *path: str) -> "Element":
        found = self.maybe(*path)
        if found is None:
            raise NotReadable(f"no {'/'.join(path)}")
        return found

    def text(self, *path: str) -> str:
        found = self.one(*path)
        if found.children or not found.content:
            raise NotReadable(f"no text in {found.name}")
        return found.content

    def maybe_text(self, *path: str) -> str | None:
        return None if self.maybe(*path) is None else self.text(*path)


@dataclass(frozen=True, slots=True)
class Each:
    """What is done with each element at this path, from `Document` on, instead of keeping it.

    The limits on elements and text hold for what lies between two of them.
    """

    path: tuple[str, ...]
    take: Callable[[Element], None]


def read_document(content: bytes, namespace: str) -> Element:
    """Return the root, an element `Document` of that namespace, or raise NotReadable."""
    if len(content) > BYTES_MAX:
        raise NotReadable("larger than 1 MiB")
    return _read([content], _Builder(namespace))


def read_long_document(blocks: Iterable[bytes], namespace: str, each: Each) -> Element:
    """Return the root of a document of any length, without what `each` has taken on the way."""
    return _read(blocks, _Builder(namespace, each))


def _read(blocks: Iterable[bytes], builder: "_Builder") -> Element:
    decoder = getincrementaldecoder("utf-8")("strict")
    try:
        # Named here, the encoding is not the document's to choose.
        parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
        parser.parser.XmlDeclHandler = builder.declare
        for block in blocks:
            decoder.decode(block)
            parser.feed(block)
        decoder.decode(b"", True)
        parser.close()
    except (ParseError, DefusedXmlException, UnicodeError) as error:
        raise NotReadable(type(error).__name__) from error
    return builder.root()


class _Builder:
    """What the parser tells its findings to; it stops the parser by raising."""

    def __init__(self, namespace: str, each: Each | None = None) -> None:
        self._prefix = f"{{{namespace}}}"
        self._each = each
        self._elements_left = ELEMENTS_MAX
        self._text_left = BYTES_MAX
        self._namespaces_left = NAMESPACES_MAX
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._root: Element | None = None

    def declare(self, version: str, encoding: str | None, standalone: int) -> None:
        del standalone
        if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
            raise NotReadable("not declared as XML 1.0 in UTF-8")

    def start_ns(self, prefix: str, uri: str) -> None:
        del prefix, uri
        self._namespaces_left -= 1
        if self._namespaces_left < 0:
            raise NotReadable("too many namespaces")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements_left -= 1
        if self._elements_left < 0 or len(self._open) >= DEPTH_MAX:
            raise NotReadable("too many elements, or too deep")
        if len(attributes) > ATTRIBUTES_MAX:
            raise NotReadable("too many attributes")
        is_enveloped = any(outer.name == "Envlp" for outer in self._open)
        if not (is_enveloped or tag.startswith(self._prefix)):
            raise NotReadable("an element of another namespace")
        name = tag if is_enveloped else tag.removeprefix(self._prefix)
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def data(self, text: str) -> None:
        self._text_left -= len(text)
        if self._text_left < 0:
            raise NotReadable("too much text")
        if self._each is None or len(self._open) >= len(self._each.path) or text.strip(WHITE):
            self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        del tag
        element, text = self._open.pop(), "".join(self._texts.pop())
        if element.children and text.strip(WHITE):
            raise NotReadable("text between elements")
        element.content = "" if element.children else text
        self._root = element
        if self._each is not None and self._is_one_of(self._each, element):
            self._open[-1].children.pop()
            self._elements_left, self._text_left = ELEMENTS_MAX, BYTES_MAX
            self._each.take(element)

    def _is_one_of(self, each: Each, element: Element) -> bool:
        *above, name = each.path
        is_there = element.name == name and len(self._open) == len(above)
        return is_there and [one.name for one in self._open] == above

    def pi(self, target: str, data: str | None = None) -> NoReturn:
        del target, data
        raise NotReadable("a processing instruction")

    def close(self) -> None:
        """Called by the parser at the end."""

    def root(self) -> Element:
        if self._root is None or self._root.name != "Document":
            raise NotReadable("no Document")
        return self._root
