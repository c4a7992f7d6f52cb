"""What only repayments are refused for, as `http/errors.py` says it of all errors."""

from gateway.domain import errors as domain
from gateway.domain.errors import GatewayError
from gateway.http.error_row import Row, Words

OF_REPAYMENTS: dict[type[GatewayError], Row] = {
    domain.ReturnStateInvalid: Row(
        400,
        Words("ご返済の状況を確認できません", "The way back cannot be read"),
        Words(
            "この画面を閉じて会員ページにログインし、返済の結果を確認してください。",
            "Close this page, sign in and look at the repayment there.",
        ),
    ),
    domain.RepaymentOpen: Row(
        409,
        Words("お手続き中のご返済があります", "Another repayment may still be paid"),
        Words(
            "合わせるとご返済の残高を超えます。先のご返済をお続けください。"
            "こちらも返済される場合は、あらためてご確認のうえ、お手続きください。",
            "Both together are more than is owed. Go on with the first one; if you want to pay "
            "this one too, please confirm that.",
        ),
    ),
    domain.RepaymentAmountWrong: Row(
        422,
        Words("この金額では返済できません", "This amount cannot be paid"),
        Words(
            "{amount_min:,}円以上、{amount_max:,}円以下の金額にしてください。",
            "Pay no less than {amount_min:,} yen and no more than {amount_max:,} yen.",
        ),
    ),
    domain.NothingOwed: Row(
        422,
        Words("ご返済いただく金額はありません", "There is nothing to pay"),
        Words(
            "いまお支払いが必要な金額、またはご返済の残高がありません。",
            "Nothing is due at present, or nothing is owed.",
        ),
    ),
    domain.BankNotConnected: Row(
        422,
        Words("この銀行からは返済できません", "Nothing can be paid through this bank"),
        Words("ほかの銀行をお選びください。", "Choose another bank."),
    ),
    domain.ReturnUrlRefused: Row(
        422,
        Words("戻り先のアドレスが許可されていません", "This return address is not allowed"),
        Words(
            "あらかじめ登録したアドレスをreturn_urlに指定してください。",
            "Use an address that the lender has put on the list.",
        ),
    ),
    domain.BankClosed: Row(
        503,
        Words("銀行のサービス時間外です", "The bank is closed"),
        Words("{opens}ほかの銀行もお選びいただけます。", "{opens} Another bank may be open."),
        is_retryable=True,
    ),
}
