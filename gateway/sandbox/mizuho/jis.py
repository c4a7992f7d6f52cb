"""JIS X 0201, one byte a character: ASCII and half-width katakana."""

from functools import lru_cache

_FIRST_BYTE, _LAST_BYTE = 0xA1, 0xDF
_FIRST_KANA = ord("｡")
_PRINTABLE = range(0x20, 0x7F)
_SHIFT = _FIRST_KANA - _FIRST_BYTE
_KANA = range(_FIRST_BYTE, _LAST_BYTE + 1)


def decoded(data: bytes) -> str:
    """Return the text; ValueError for a byte that is no printable character."""
    return "".join(map(_character, data))


@lru_cache(maxsize=4_096)
def encoded(text: str) -> bytes:
    """Return the bytes; ValueError for a character that JIS X 0201 does not have."""
    if text.isascii() and text.isprintable():
        return text.encode("ascii")
    return bytes(map(_byte, text))


def _character(byte: int) -> str:
    if byte in _PRINTABLE:
        return chr(byte)
    if byte in _KANA:
        return chr(byte + _SHIFT)
    raise ValueError(f"byte {byte:#04x} is no character of JIS X 0201")


def _byte(character: str) -> int:
    code = ord(character)
    if code in _PRINTABLE:
        return code
    if code - _SHIFT in _KANA:
        return code - _SHIFT
    raise ValueError(f"U+{code:04X} is no character of JIS X 0201")


def printable(text: str) -> str:
    """Return text as this bank prints it: `?` for each character that JIS X 0201 does not have."""
    return "".join(character if _is_ours(character) else "?" for character in text)


def _is_ours(character: str) -> bool:
    try:
        encoded(character)
    except ValueError:
        return False
    return True
