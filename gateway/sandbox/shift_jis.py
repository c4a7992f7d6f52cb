"""Shift_JIS as Japanese banks write it: JIS X 0208, and where that is not enough CP932's rows."""

from collections.abc import Iterator

# What a bank prints for a character that its charset does not have (下駄).
_GETA = "〓"


def written(text: str) -> bytes:
    """Return any text in the bank's charset: what it does not have is 〓."""
    return b"".join(_characters(text))


def _characters(text: str) -> Iterator[bytes]:
    for character in text:
        for codec in ("shift_jis", "cp932"):
            try:
                yield character.encode(codec)
            except UnicodeEncodeError:
                continue
            break
        else:
            yield _GETA.encode("shift_jis")
