"""JIS X 0201, one byte a character: the only characters that these records have."""

from gateway.adapters.characters import REPLACEMENT

_ROMAN = {code: chr(code) for code in range(0x20, 0x7F)} | {0x5C: "\u00a5", 0x7E: "\u203e"}
_KANA = {code: chr(code + 0xFEC0) for code in range(0xA1, 0xE0)}
_DECODED = _ROMAN | _KANA
_ENCODED = {character: code for code, character in _DECODED.items()}


def encode(text: str) -> bytes:
    """Return one byte a character; ValueError for a character that JIS X 0201 has not."""
    try:
        return bytes(_ENCODED[character] for character in text)
    except KeyError as error:
        raise ValueError("a character that JIS X 0201 does not have") from error


def decode(data: bytes) -> str:
    """Return one character a byte: one mark for control characters and unassigned bytes."""
    return "".join([_DECODED.get(code, REPLACEMENT) for code in data])
