"""How a client may name a charset beside a form: none of it makes the form another type."""

CHARSETS = [
    *("; charset=UTF-8", ";charset=utf-8", "; charset=Shift_JIS", "; Charset=Windows-31J"),
    *("; charset=MS932", '; charset="CP932"', " ; charset=sjis"),
]
