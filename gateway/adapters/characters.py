"""Characters of the banks that write Shift_JIS, and text that is only shown.

A statement is never refused for a character in a name: CP932 is what Japanese systems mean by
Shift_JIS, so its rows (髙 﨑 ① ㈱) are kept as read; what is no character at all is replaced, and
counted.
"""

import codecs
import re

REPLACEMENT = "\ufffd"
ENCODING = "shift_jis"  # JIS X 0208: what we write is in this and in CP932 the same bytes
# RFC 9110 §5.6.6: parameters stand in any order, with white space around `;` and none around `=`.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a word of HTTP's grammar
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*"))?', re.ASCII)
# Two charsets with one name in Japan; IANA's aliases of both, and what systems call them.
_SHIFT_JIS = frozenset(
    (
        *("shift_jis", "shift-jis", "shiftjis", "sjis", "x-sjis", "ms_kanji", "csshiftjis"),
        *("windows-31j", "windows31j", "cswindows31j", "ms932", "x-ms932", "windows-932"),
        *("cp932", "cp-932", "x-ms-cp932"),
    )
)
# The same cell of JIS X 0208 has two names in Unicode; these are CP932's.
_TO_JIS = str.maketrans("～∥－￠￡￢—", "〜‖−¢£¬―")
# Unicode's control characters, halves of pairs, and the bytes that no table of CP932 has.
_NONE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\uf8f0-\uf8f3]")
_LEAD = frozenset((*range(0x81, 0xA0), *range(0xE0, 0xFD)))
_TRAIL = frozenset((*range(0x40, 0x7F), *range(0x80, 0xFD)))


class Shown:
    """Reads text that is only shown, and knows how many characters it replaced."""

    def __init__(self) -> None:
        self.replaced = 0

    def read(self, written: bytes) -> str:
        """Return text of a bank that writes Shift_JIS."""
        return self.clean(written.decode("cp932", _HANDLER))

    def clean(self, text: str) -> str:
        """Return text without what cannot be kept or printed; each of it is replaced by one mark.

        Marks that are there already count: whoever decoded the text put them there.
        """
        if text.isprintable() and REPLACEMENT not in text:
            return text  # nearly every text of a statement
        cleaned = _NONE.sub(REPLACEMENT, text)
        self.replaced += cleaned.count(REPLACEMENT)
        return cleaned


def is_shift_jis(content_type: str, *media_types: str) -> bool:
    """Return whether a Content-Type names one of these types, in any spelling of Shift_JIS."""
    found = read_type(content_type)
    return found is not None and found[0] in media_types and found[1] in _SHIFT_JIS


def read_type(content_type: str) -> tuple[str, str] | None:
    """Return media type and charset in lower case, "" without one; None for what is no type."""
    media_type, *_ = content_type.partition(";")
    rest = content_type[len(media_type) :]
    found: dict[str, str] = {}
    while rest:
        parameter = _PARAMETER.match(rest)
        if parameter is None:
            return None
        name, value = parameter.groups()
        if name is not None:
            if name.lower() in found:
                return None
            found[name.lower()] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value
        rest = rest[parameter.end() :].rstrip(" \t")
    return media_type.strip(" \t").lower(), found.get("charset", "").lower()


def encode(text: str) -> bytes:
    """Return text of ours in Shift_JIS; UnicodeEncodeError for what JIS X 0208 does not have."""
    return text.translate(_TO_JIS).encode(ENCODING)


def as_browsers_encode(written: bytes) -> str:
    """Return the text that a browser's form in Shift_JIS sends as these bytes.

    Browsers encode by CP932's table. `〜` is none of its characters: it would go out as `&#12316;`.
    """
    return written.decode("cp932")


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Put one mark for a character that is in no table: for both its bytes, where it has two."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    is_pair = len(pair) > 1 and pair[0] in _LEAD and pair[1] in _TRAIL
    return REPLACEMENT, error.start + (2 if is_pair else 1)


_HANDLER = "gateway.one_mark"
codecs.register_error(_HANDLER, _replace)
