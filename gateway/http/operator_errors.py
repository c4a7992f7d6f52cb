"""What is refused to operators, as HTTP says it: a part of the table in `http/errors.py`."""

from gateway.domain.errors import GatewayError, OperatorTokenMissing, RoleTooLow
from gateway.http.error_row import Row, Words

OF_OPERATORS: dict[type[GatewayError], Row] = {
    OperatorTokenMissing: Row(
        401,
        # Of /metrics, too, whose token is a setting and no operator's.
        Words("担当者用のトークンが必要です", "A token of the lender's staff is needed"),
        Words(
            "トークンがないか、誤り、期限切れ、または失効しています。",
            "There is none, or it is wrong, has ended or was revoked.",
        ),
    ),
    RoleTooLow: Row(
        403,
        Words("この操作の権限がありません", "The operator's role does not allow this"),
        Words("権限のある担当者に依頼してください。", "Ask somebody whose role does."),
    ),
}
