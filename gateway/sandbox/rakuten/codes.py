"""The one-character codes of Rakuten's profile."""

DONE = "0"
SHORT_OF_FUNDS = " "
CLOSED = "A"
CONTRACT = "B"
UNUSABLE_ACCOUNT = "C"
ALREADY_DONE = "D"
THROTTLED = "E"
UNKNOWN = "F"
TOO_LARGE = "G"
FORMAT = "H"
SYSTEM = "I"
OTHER_NAME = "N"
SEQ_USED = "Q"

MESSAGES = {
    DONE: "正常に処理しました",
    SHORT_OF_FUNDS: "残高が不足しています",
    CLOSED: "サービス時間外です",
    CONTRACT: "ご契約を確認できません",
    UNUSABLE_ACCOUNT: "この口座はお取り扱いできません",
    ALREADY_DONE: "すでに処理しました",
    THROTTLED: "件数の上限を超えました",
    UNKNOWN: "処理結果を確認できません",
    TOO_LARGE: "限度額を超えています",
    FORMAT: "電文の形式が正しくありません",
    SYSTEM: "システムエラーです",
    OTHER_NAME: "受取人名が一致しません",
    SEQ_USED: "通番がすでに使われています",
}

# An item whose result is unknown ends later. A rule of faults may say how: with the code that
# follows the F, or done; after an F alone the seed decides.
ENDINGS = {
    f"{UNKNOWN}{code}": code
    for code in (DONE, SHORT_OF_FUNDS, UNUSABLE_ACCOUNT, TOO_LARGE, OTHER_NAME)
}


class Refusal(Exception):
    """The bank says something else than `0`; an answer may still name a receipt and an instant."""

    def __init__(self, code: str, *, receipt: str = "", instant: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.receipt = receipt
        self.instant = instant
