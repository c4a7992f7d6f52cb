"""What is refused to operators, as HTTP says it: a part of the table in `http/errors.py`."""

from gateway.domain.errors import GatewayError, OperatorTokenMissing, RoleTooLow
from gateway.http.error_row import Row, Words

OF_OPERATORS: dict[type[GatewayError], Row] = {
    OperatorTokenMissing: Row(
        401,
        Words("運用担当者のトークンが必要です", "An operator's token is needed"),
        Words(
            "トークンがないか、期限切れまたは失効しています。",
            "There is none, or it has ended or was revoked.",
        ),
    ),
    RoleTooLow: Row(
        403,
        Words("この操作の権限がありません", "The operator's role does not allow this"),
        Words("権限のある担当者に依頼してください。", "Ask somebody whose role does."),
    ),
}
