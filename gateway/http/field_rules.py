"""What each field may hold, in the words that a problem document says to a caller."""

from gateway.domain.account import BankCode
from gateway.http.error_row import Words
from gateway.http.refusals import FieldFault

FAULTS: dict[FieldFault, Words] = {
    FieldFault.MISSING: Words("必須項目です。", "This field is required."),
    FieldFault.UNKNOWN: Words("この項目はありません。", "There is no such field."),
    FieldFault.DUPLICATE: Words("同じ項目が2度あります。", "This name is used twice."),
    FieldFault.WRONG_TYPE: Words("型が違います。", "This is of the wrong type."),
    FieldFault.OUT_OF_RANGE: Words("範囲外です。", "This is out of range."),
    FieldFault.WRONG_FORMAT: Words("形式が違います。", "This has the wrong format."),
}

WHOLE_YEN = Words(
    "1〜9,999,999,999の整数(円)です。引用符、小数点、指数は使えません。",
    "Allowed: a whole number of yen, 1 to 9,999,999,999; no quotes, decimals or exponents.",
)
RULES: dict[str, Words] = {
    "": Words("JSONオブジェクトを送ってください。", "Send a JSON object."),
    "Content-Encoding": Words("なし、またはidentityです。", "Allowed: none, or identity."),
    "/method": Words('"member_number" です。', 'Allowed: "member_number".'),
    "/member_number": Words(
        "会員番号、数字4〜16桁の文字列です。", "Allowed: a string of 4 to 16 digits."
    ),
    "/pin": Words("暗証番号、数字4桁の文字列です。", "Allowed: a string of 4 digits."),
    "/bank": Words(
        f"{'、'.join(BankCode)} のいずれかです。",
        f"Allowed: {', '.join(BankCode)}.",
    ),
    "/branch": Words("支店番号、数字3桁の文字列です。", "Allowed: a string of 3 digits."),
    "/type": Words(
        "ordinary(普通)、current(当座)、savings(貯蓄)のいずれかです。",
        "Allowed: ordinary, current, savings.",
    ),
    "/number": Words(
        "口座番号、数字7桁の文字列です。左を0で埋めてください。",
        "Allowed: a string of 7 digits, padded on the left with 0.",
    ),
    "/holder": Words("カナの口座名義、100文字以内です。", "Allowed: up to 100 characters of kana."),
    "/account_id": Words("登録済み口座のid (ac_…) です。", "Allowed: the id of an account (ac_…)."),
    "/amount": WHOLE_YEN,
    "/quote_id": Words(
        "見積り (POST /v1/transfer_quotes、/v1/repayment_quotes) の応答のid (qt_…) です。",
        "Allowed: the id of a quote (qt_…), of the same account or bank, and amount.",
    ),
    "/as_cookie": Words("true、またはfalseです。", "Allowed: true, false."),
    "/principal": WHOLE_YEN,
    "/monthly": WHOLE_YEN,
    "/extra": WHOLE_YEN,
    "/annual_rate": Words(
        '0〜20の利率(%)の文字列です。小数点以下は3桁までです (例 "17.8")。',
        'Allowed: a percentage from 0 to 20 as a string, up to three decimals, as "17.8".',
    ),
    "/again": Words("true、またはfalseです。", "Allowed: true, false."),
    "/beside_open": Words("true、またはfalseです。", "Allowed: true, false."),
    "/kind": Words(
        "due(一部返済)、amount(金額指定返済)、payoff(全額返済)のいずれかです。",
        "Allowed: due, amount, payoff.",
    ),
    "/return_url": Words(
        "登録済みのアドレス、またはその下のアドレスです(repayment_idは付けられません)。",
        "Allowed: an address on the lender's list, or one below it, without a repayment_id.",
    ),
    "limit": Words("1〜100の整数です。", "Allowed: a whole number, 1 to 100."),
    "state": Words(
        "その一覧にある状態です。", "Allowed: a state of such things; once for each that is wanted."
    ),
    "cursor": Words("前の応答のnext_cursorです。", "Allowed: next_cursor of the answer before."),
}


def rule_for(place: str) -> Words | None:
    """Return what is allowed at a JSON pointer, in a header or in a query parameter."""
    return RULES.get(place)
