"""Errors as HTTP says them: one table from class to status and words in both languages.

A page shows titles and details to the member, who knows nothing of headers, fields and addresses;
what a developer has to know stands in docs/problems.md. Only what a programmer alone can cause is
said in a programmer's words.

The classes are those of `domain/errors.py` and `http/refusals.py`; a test misses no leaf.
"""

from gateway.domain import errors as domain
from gateway.domain.errors import GatewayError
from gateway.http.error_row import Row, Words
from gateway.http.operator_errors import OF_OPERATORS
from gateway.http.refusals import (
    BodyTooLarge,
    BodyTooSlow,
    ExpectationUnknown,
    FieldsInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    InternalFault,
    JsonMalformed,
    MediaTypeWrong,
    MethodWrong,
    RequestMalformed,
    RequestsExceeded,
    RouteUnknown,
    ServiceClosed,
    VersionUnknown,
)
from gateway.http.repayment_errors import OF_REPAYMENTS
from gateway.http.session_errors import OF_SESSIONS

_GENERAL: dict[type[GatewayError], Row] = {
    RequestMalformed: Row(
        400,
        Words("HTTPリクエストの形式が正しくありません", "The HTTP request cannot be read"),
        Words("リクエストを確認してください。", "Check the request line and the headers."),
    ),
    JsonMalformed: Row(
        400,
        Words("JSONの形式が正しくありません", "The body is not valid JSON"),
        Words(
            "本文はUTF-8のJSONオブジェクト1つとし、同じ名前を2度使わないでください。",
            "Send one JSON object in UTF-8, with no name used twice.",
        ),
    ),
    IdempotencyKeyMissing: Row(
        400,
        Words("Idempotency-Keyがありません", "Idempotency-Key is missing"),
        Words(
            "UUIDを1つ作って保存し、Idempotency-Keyヘッダーに入れて送ってください。",
            "Make a UUID, keep it, and send it as the header Idempotency-Key.",
        ),
    ),
    IdempotencyKeyInvalid: Row(
        400,
        Words("Idempotency-Keyの形式が正しくありません", "Idempotency-Key is not valid"),
        Words(
            "UUID、または16〜64文字のASCII印字可能文字(空白なし)を1つだけ送ってください。",
            "Send it once: a UUID, or 16 to 64 visible ASCII characters.",
        ),
    ),
    domain.CallbackForged: Row(
        401,
        Words("署名を確認できません", "The call is not authentic"),
        Words("署名と時刻を確認してください。", "Check signature and time."),
    ),
    domain.MemberSuspended: Row(
        403,
        Words("現在ご利用いただけません", "The membership is suspended"),
        Words("お客さまサービスまでお問い合わせください。", "Please contact the lender."),
    ),
    domain.AdvancesStopped: Row(
        403,
        Words("お借入れはご利用いただけません", "No more can be borrowed at present"),
        Words(
            "お支払日を過ぎています。ご返済ください。", "A payment is overdue. Please repay first."
        ),
    ),
    RouteUnknown: Row(
        404,
        Words("アドレスが見つかりません", "There is no such address"),
        Words("アドレスを確認してください。", "Check the path."),
    ),
    domain.NotFoundHere: Row(
        404,
        Words("見つかりません", "Not found"),
        Words(
            "お探しのものはありません。一覧をもう一度ご確認ください。",
            "It is not there, or not any more. Look at the list again.",
        ),
    ),
    MethodWrong: Row(
        405,
        Words("このメソッドは使えません", "This method is not allowed here"),
        Words("Allowヘッダーを確認してください。", "See the header Allow."),
    ),
    BodyTooSlow: Row(
        408,
        Words("本文が届きませんでした", "The body did not arrive in time"),
        Words(
            "通信環境をご確認のうえ、もう一度お試しください。",
            "Check the connection and try again.",
        ),
        is_retryable=True,
    ),
    domain.NotCancellable: Row(
        409,
        Words("取り消せません", "It cannot be cancelled any more"),
        Words(
            "すでに銀行へ送ったか、完了しています。",
            "It may have reached the bank, or it is final.",
        ),
    ),
    domain.QuoteOutdated: Row(
        409,
        Words("ご案内した内容が変わりました", "The quote does not hold any more"),
        Words(
            "新しい内容をご確認のうえ、もう一度お手続きください。",
            "Look at the new terms and confirm again.",
        ),
    ),
    domain.QuoteUsed: Row(
        409,
        Words("このお申込みはすでに受け付けています", "This request was taken already"),
        Words(
            "先のお申込みの状況をご確認ください。新しくお申し込みになる場合は、"
            "内容をもう一度ご確認ください。",
            "See what became of it. For another one, look at the terms again and confirm them.",
        ),
    ),
    domain.RepeatedWish: Row(
        409,
        Words(
            "同じ口座への同じ金額のお申込みを受け付けたばかりです",
            "The same amount to the same account was just taken",
        ),
        Words(
            "先のお申込みの状況をご確認ください。もう1件お申し込みになる場合は、"
            "あらためてご確認のうえ、お手続きください。",
            "See what became of it. If you want the same once more, please confirm that.",
        ),
    ),
    BodyTooLarge: Row(
        413,
        Words("本文が大きすぎます", "The body is too large"),
        Words("本文は64KiBまでです。", "A body has at most 64 KiB."),
    ),
    MediaTypeWrong: Row(
        415,
        Words("この形式の本文には対応していません", "The content type is not supported"),
        Words(
            "application/json (UTF-8) で、圧縮せずに送ってください。",
            "Send application/json in UTF-8, not packed.",
        ),
    ),
    ExpectationUnknown: Row(
        417,
        Words("Expectヘッダーに対応していません", "The header Expect cannot be met"),
        Words("100-continueだけ使えます。", "Only 100-continue is understood."),
    ),
    FieldsInvalid: Row(
        422,
        Words("入力内容に誤りがあります", "Some fields are not valid"),
        Words("入力した内容をご確認ください。", "Check what was entered."),
    ),
    domain.CreditShort: Row(
        422,
        Words("ご利用可能額を超えています", "The amount is above the available credit"),
        Words("現在のご利用可能額は{available:,}円です。", "{available:,} yen are available now."),
    ),
    domain.DayCapReached: Row(
        422,
        Words("1日のご利用上限に達しています", "The limit of one day is reached"),
        Words(
            "金額を減らすか、明日(日本時間0時から)お申込みください。",
            "Ask for less, or from midnight (Japanese time) on.",
        ),
    ),
    domain.AmountAboveItemLimit: Row(
        422,
        Words("銀行の1件あたりの上限額を超えています", "The amount is above the bank's limit"),
        Words("金額を減らしてください。", "Enter a lower amount."),
    ),
    domain.NeverPaidOff: Row(
        422,
        Words("この金額では完済できません", "So little a month never repays it"),
        Words("毎月の返済額を増やしてください。", "Enter a higher monthly amount."),
    ),
    domain.AccountNotRegistered: Row(
        422,
        Words("登録されていない口座です", "This account is not registered"),
        Words("登録済みの口座を選んでください。", "Choose a registered account, or register it."),
    ),
    domain.BranchUnknown: Row(
        422,
        Words("支店が見つかりません", "The bank has no such branch"),
        Words("3桁の支店番号を確認してください。", "Check the three digits of the branch."),
    ),
    domain.HolderUnreadable: Row(
        422,
        Words("口座名義に使えない文字があります", "The holder's name cannot be read"),
        Words(
            "口座名義はカナで入力してください。", "Write the name in kana; kanji are not allowed."
        ),
    ),
    domain.HolderMismatch: Row(
        422,
        Words("ご本人名義の口座ではありません", "The account is not in the member's own name"),
        Words("ご本人名義の口座だけ登録できます。", "Only the member's own accounts are allowed."),
    ),
    domain.BankRefusedAccount: Row(
        422,
        Words("口座を確認できません", "The bank does not confirm this account as the member's"),
        Words(
            "支店番号、種別、口座番号を確認してください。登録できるのはご本人名義の、利用中の口座だけです。",
            "Check branch, type and number. Only the member's own accounts in use are allowed.",
        ),
    ),
    domain.NameChecksUsedUp: Row(
        429,
        Words("本日はこれ以上確認できません", "No account can be checked any more today"),
        Words("明日もう一度お試しください。", "Try again tomorrow."),
        is_retryable=True,
    ),
    domain.NameCheckUnavailable: Row(
        422,
        Words(
            "この銀行の口座はここでは登録できません", "Accounts at this bank cannot be added here"
        ),
        Words("お客さまサービスで登録できます。", "The lender's staff can add it."),
    ),
    domain.IdempotencyKeyReused: Row(
        422,
        Words("Idempotency-Keyが別の内容で使われています", "Idempotency-Key was used before"),
        Words(
            # Not the new key first: the earlier wish may have been accepted.
            "先のお申込みの結果をまずご確認ください。新しいお申込みには新しいキーが必要です。",
            "See what became of the earlier request first; a new wish needs a new key.",
        ),
    ),
    RequestsExceeded: Row(
        429,
        Words("アクセスが集中しています", "Too many requests"),
        Words(
            "今回の操作は行われていません。{wait}後にもう一度お試しください。",
            "Nothing was done. Try again in {wait}.",
        ),
        is_retryable=True,
    ),
    domain.TooManyStreams: Row(
        429,
        Words("接続が多すぎます", "Too many event streams"),
        Words("使っていない画面を閉じてください。", "Close the pages that are not used."),
        is_retryable=True,
    ),
    VersionUnknown: Row(
        505,
        Words("このHTTPのバージョンには対応していません", "This is another version of HTTP"),
        Words("別のブラウザーでお試しください。", "Try it with another browser."),
    ),
    InternalFault: Row(
        500,
        Words("システムエラーが発生しました", "Something went wrong on our side"),
        Words(
            "少し待ってからもう一度お試しください。二重にはなりません。",
            "Try again in a moment: it is never done twice.",
        ),
        is_retryable=True,
    ),
    domain.Busy: Row(
        503,
        Words("ただいま混み合っています", "Busy"),
        Words(
            "受け付けていません。少し待ってからもう一度お試しください。",
            "Nothing was done. Try again in a moment.",
        ),
        is_retryable=True,
    ),
    domain.StaleTransfer: Row(
        503,
        Words("ただいま処理中です", "It is being worked on"),
        Words("少し待ってからもう一度お試しください。", "Try again in a moment."),
        is_retryable=True,
    ),
    domain.CommitUnknown: Row(
        503,
        Words("受付の結果を確認できません", "It is not known whether the request was taken"),
        Words(
            "もう一度お試しください。二重にはなりません。",
            "Try again: it is never done twice.",
        ),
        is_retryable=True,
    ),
    domain.NotReady: Row(
        503,
        Words("準備中です", "Not ready"),
        Words("少し待ってからお試しください。", "Try again in a moment."),
        is_retryable=True,
    ),
    ServiceClosed: Row(
        503,
        Words("ただいまサービス時間外です", "The service is closed"),
        Words("{opens}その後、もう一度お試しください。", "{opens} Please try again then."),
        is_retryable=True,
    ),
}
# In order of status, so that the description can group them.
TABLE: dict[type[GatewayError], Row] = dict(
    sorted(
        (OF_SESSIONS | _GENERAL | OF_REPAYMENTS | OF_OPERATORS).items(),
        key=lambda pair: pair[1].status,
    )
)
