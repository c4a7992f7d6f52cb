"""Names as the 全銀 formats spell them: strict half-width kana, and how two names compare.

Strict means: half-width katakana with ﾞ and ﾟ as characters of their own, A-Z, 0-9, space and
`( ) - .`. Never small kana, ｰ, ｦ, lower case or a comma. That much is 全銀協's rule for names in
messages. Where it is silent this project decides:

- ヴ is ｳﾞ; ヰ and ヱ, which have no half-width form, are ｲ and ｴ, as ｦ is ｵ;
- ﾞ stands after ｳ, ｶ to ﾄ and ﾊ to ﾎ only, ﾟ after ﾊ to ﾎ only: ヷ ヸ ヹ ヺ are refused;
- the small ㇰ to ㇿ are their large kana;
- the middle dot and the marks of iteration (ヽ ゝ 々) are refused: what they stand for is a guess;
- a strict name has no space at either end and never two in a row.
"""

from enum import Enum, auto
from string import ascii_lowercase, ascii_uppercase, digits

VOICED = "ﾞ"
SEMI_VOICED = "ﾟ"
MARKS = VOICED + SEMI_VOICED
TAKE_SEMI_VOICED = "ﾊﾋﾌﾍﾎ"
TAKE_VOICED = "ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄ" + TAKE_SEMI_VOICED
KANA = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"
ALLOWED = frozenset(KANA + MARKS + ascii_uppercase + digits + " ()-.")
SHORTEST_CUT = 2  # one kana and its mark

# People type, and systems store, all of these where the sound ー or a hyphen is meant.
LONG_MARKS = {
    "-": "hyphen-minus",
    "\u02d7": "modifier letter minus sign",
    "\u2010": "hyphen",
    "\u2011": "non-breaking hyphen",
    "\u2012": "figure dash",
    "\u2013": "en dash",
    "\u2014": "em dash",
    "\u2015": "horizontal bar",
    "\u2043": "hyphen bullet",
    "\u2212": "minus sign",
    "\u2500": "box drawings light horizontal",
    "\u2501": "box drawings heavy horizontal",
    "\u2796": "heavy minus sign",
    "\u2e3a": "two-em dash",
    "\u2e3b": "three-em dash",
    "\u30fc": "katakana-hiragana prolonged sound mark",
    "\ufe31": "presentation form for vertical em dash",
    "\ufe32": "presentation form for vertical en dash",
    "\ufe58": "small em dash",
    "\ufe63": "small hyphen-minus",
    "\uff0d": "full-width hyphen-minus",
    "\uff70": "half-width katakana-hiragana prolonged sound mark",
}
# Every space that ends no line: Unicode's category Zs.
SPACES = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
SPACES += "\u202f\u205f\u3000"

_FULL = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"
_FULL += "ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜"
_HALF = "".join(map(chr, range(0xFF66, 0xFFA0)))
_VOICED = "ヴガギグゲゴザジズゼゾダヂヅデドバビブベボ"

# One table a step, in the order in which they are taken. Each maps single characters.
_WIDTH = dict(zip(_HALF, _FULL, strict=True)) | {
    **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
    **dict.fromkeys(SPACES, " "),
    "\u3099": "゛",
    "\u309a": "゜",
}
_KATAKANA = {chr(code): chr(code + 0x60) for code in range(0x3041, 0x3097)}
_LARGE = dict(
    zip(
        "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ",
        "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ",
        strict=True,
    )
)
_DASH = dict.fromkeys(LONG_MARKS, "-")
_UPPER = dict(zip(ascii_lowercase, ascii_uppercase, strict=True))
_HALF_WIDTH = dict(zip(_FULL, _HALF, strict=True)) | {
    **{full: half + VOICED for full, half in zip(_VOICED, TAKE_VOICED, strict=True)},
    **{full: half + SEMI_VOICED for full, half in zip("パピプペポ", TAKE_SEMI_VOICED, strict=True)},
    **dict(zip("ヰヱ", "ｲｴ", strict=True)),
}
_STEPS = tuple(map(str.maketrans, (_WIDTH, _KATAKANA, _LARGE, _DASH, _UPPER, _HALF_WIDTH)))


class NameMatch(Enum):
    """How a bank's spelling of a holder stands to ours."""

    EQUAL = auto()
    EQUAL_WITH_WARNING = auto()  # but for spaces, ﾞﾟ, ｦ for ｵ, ﾁﾞ for ｼﾞ, ﾂﾞ for ｽﾞ
    MISMATCH = auto()


def is_strict(text: str) -> bool:
    """Return whether `text` may be sent to a bank as it stands: whether normalising leaves it."""
    try:
        return normalise(text) == text
    except ValueError:
        return False


def normalise(text: str) -> str:
    """Return `text` in strict half-width kana.

    Raises ValueError, saying which character cannot be sent; the text itself is not quoted.
    """
    return _readable(text).replace("ｦ", "ｵ")


def compare(ours: str, banks: str) -> NameMatch:
    """Return how two holders' names stand to each other; one that cannot be read matches none."""
    if compare_strictly(ours, banks) is NameMatch.EQUAL:
        return NameMatch.EQUAL
    try:
        alike = _alike(_sounds(_readable(ours)), _sounds(_readable(banks)))
    except ValueError:
        return NameMatch.MISMATCH
    return NameMatch.EQUAL_WITH_WARNING if alike else NameMatch.MISMATCH


def compare_strictly(ours: str, banks: str) -> NameMatch:
    """Return EQUAL or MISMATCH, for banks that take a name only if it is equal."""
    try:
        return NameMatch.EQUAL if _readable(ours) == _readable(banks) else NameMatch.MISMATCH
    except ValueError:
        return NameMatch.MISMATCH


def cut(text: str, length: int) -> str:
    """Return the beginning of a strict text, at most `length` characters, itself strict.

    Never between a kana and its mark: then both are left out. For a remitter's name only; a
    payee's name that is cut is another name.
    """
    if length < SHORTEST_CUT:
        raise ValueError(f"a name is not cut below {SHORTEST_CUT} characters")
    splits_a_sound = text[length:].startswith((VOICED, SEMI_VOICED))
    return text[: length - 1 if splits_a_sound else length].rstrip(" ")


def _readable(text: str) -> str:
    """Return `text` as a bank may have written it: strict but for ｦ."""
    for typed in text:
        if not ALLOWED.issuperset(_fold(typed).replace("ｦ", "ｵ")):
            raise ValueError(f"{_named(typed)} is not allowed in a name")
    name = " ".join(_fold(text).split())
    if not name:
        raise ValueError("a name has at least one character")
    for before, mark in zip(" " + name, name, strict=False):
        if mark in MARKS and before not in (TAKE_VOICED if mark == VOICED else TAKE_SEMI_VOICED):
            raise ValueError(f"{_named(mark)} is not allowed here: no kana before it takes it")
    return name


def _fold(text: str) -> str:
    for step in _STEPS:
        text = text.translate(step)
    return text


def _sounds(name: str) -> list[str]:
    """Return the characters of `name`, each with its mark; banks leave out spaces as they like."""
    sounds: list[str] = []
    for character in name.replace(" ", ""):
        if character in MARKS:
            sounds[-1] += character
        else:
            sounds.append(character)
    return sounds


def _alike(ours: list[str], banks: list[str]) -> bool:
    return len(ours) == len(banks) and all(
        our[0] == bank[0] or _spelling(our) == _spelling(bank)
        for our, bank in zip(ours, banks, strict=True)
    )


def _spelling(sound: str) -> str:
    return {"ｦ": "ｵ", "ﾁﾞ": "ｼ", "ﾂﾞ": "ｽ"}.get(sound, sound[0])


def _named(character: str) -> str:
    return f"{character!r} (U+{ord(character):04X})"
