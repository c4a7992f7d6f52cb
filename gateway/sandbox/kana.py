"""Which characters a name may hold in a message, and when two names count as one."""

import re

_VOICED = "ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ"
_HALF_VOICED = "ﾊﾋﾌﾍﾎ"
# ｱ to ﾝ leaves out ｦ, the small kana and the long mark ｰ, which lie before ｱ.
_STRICT = re.compile(rf"(?:[{_VOICED}]ﾞ|[{_HALF_VOICED}]ﾟ|[ｱ-ﾝA-Z0-9 ().\-])+")
_SAME_SOUND = ((" ", ""), ("ｦ", "ｵ"), ("ﾁﾞ", "ｼﾞ"), ("ﾂﾞ", "ｽﾞ"), ("ﾞ", ""), ("ﾟ", ""))


def is_strict(name: str) -> bool:
    """Whether a name is half-width kana of the strict set, each ﾞ and ﾟ behind its kana."""
    return _STRICT.fullmatch(name) is not None


def _folded(name: str) -> str:
    for written, heard in _SAME_SOUND:
        name = name.replace(written, heard)
    return name


def names_agree(ours: str, theirs: str) -> bool:
    """Return whether two names differ in spaces, marks and old spellings at most."""
    return _folded(ours) == _folded(theirs)
