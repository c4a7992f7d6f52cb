"""What is refused for who is calling, as HTTP says it: a part of the table in `http/errors.py`."""

from gateway.domain.errors import CredentialsWrong, GatewayError, SessionMissing, TooManyAttempts
from gateway.http.error_row import Row, Words
from gateway.http.refusals import OriginNotAllowed

OF_SESSIONS: dict[type[GatewayError], Row] = {
    SessionMissing: Row(
        401,
        Words("ログインが必要です", "Sign in first"),
        Words(
            "ログインしていないか、一定時間操作がなかったためログアウトしました。",
            "You are not signed in, or were signed out after a while without use.",
        ),
    ),
    CredentialsWrong: Row(
        401,
        Words("会員番号または暗証番号が違います", "Member number or PIN is wrong"),
        Words(
            "もう一度ご確認ください。同じ日に3回誤るとご利用できなくなります。",
            "Check them. After three wrong PINs in one day signing in is locked.",
        ),
    ),
    OriginNotAllowed: Row(
        403,
        Words("このページからは操作できません", "This page may not do that"),
        Words(
            "公式サイトからやり直してください。",
            "By cookie only pages of the lender's own sites may. Apps send Authorization instead.",
        ),
    ),
    TooManyAttempts: Row(
        429,
        Words("しばらくお待ちください", "Too many attempts"),
        Words("{wait}後にもう一度お試しください。", "Try again in {wait}."),
        is_retryable=True,
    ),
}
