"""The approval page's text and looks."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from html import escape

from gateway.sandbox.clock import JST

STYLE = """
:root { color-scheme: light; font: 1.0625rem/1.7 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0; color: #1a1a1a; background: #fff; }
main { max-width: 30rem; margin: 0 auto; padding: 1rem; }
h1 { margin: .5rem 0; font-size: 1.5rem; line-height: 1.3; }
.trial { margin: 0; padding: .5rem .75rem;
  border-left: .375rem solid #1a1a1a; background: #fff3c4; }
.alert { padding: .75rem; border: 2px solid #b00020; color: #8c0019; font-weight: bold; }
dl { margin: 1rem 0; border-top: 1px solid #767676; }
dl div { padding: .5rem 0; border-bottom: 1px solid #767676; }
dt { color: #4a4a4a; }
dd { margin: 0; overflow-wrap: anywhere; }
.amount { font-size: 1.5rem; font-weight: bold; }
label { display: block; margin-top: 1rem; font-weight: bold; }
input { width: 100%; min-height: 3rem; padding: .5rem; border: 2px solid #595959;
  border-radius: .25rem; color: inherit; background: #fff; font: inherit; }
input[aria-invalid="true"] { border-color: #b00020; }
button { width: 100%; min-height: 3.25rem; margin-top: 1rem; border: 2px solid #004a80;
  border-radius: .25rem; font: inherit; font-weight: bold; cursor: pointer; }
.approve { color: #fff; background: #004a80; }
.decline { color: #004a80; background: #fff; }
:focus-visible { outline: 3px solid #1a1a1a; outline-offset: 3px; }
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

_PAGE = """<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""

_FORM = """<p class="trial">試験用の画面です。実際の銀行ではなく、お金は動きません。</p>
<h1>お支払いの確認</h1>
{alert}<dl>
<div><dt>お支払い先</dt><dd>{payee}</dd></div>
<div><dt>金額</dt><dd class="amount">{amount:,}円</dd></div>
<div><dt>内容</dt><dd>{description}</dd></div>
<div><dt>お手続きの期限</dt><dd>{limit}</dd></div>
</dl>
<form method="post" action="{action}">
<label for="branch">支店番号 (数字3桁)</label>
<input id="branch" name="branch" value="{branch}" inputmode="numeric" maxlength="3"
 autocomplete="off" required{state}>
<label for="number">口座番号 (数字7桁)</label>
<input id="number" name="number" value="{number}" inputmode="numeric" maxlength="7"
 autocomplete="off" required{state}>
<label for="password">パスワード</label>
<input id="password" name="password" type="password"
 autocomplete="current-password" required{state}>
<button class="approve" name="action" value="approve">承認</button>
<button class="decline" name="action" value="decline" formnovalidate>やめる</button>
</form>"""

_ALERT = """<p id="alert" class="alert" role="alert">{alert}</p>
"""
_INVALID = ' aria-invalid="true" aria-describedby="alert"'

_UNKNOWN = """<h1>ページが見つかりません</h1>
<p role="alert">このお支払いは見つかりません。</p>
<p>お手数ですが、元のサイトからもう一度お手続きください。</p>"""


@dataclass(frozen=True, slots=True)
class Content:
    """What the page shows; nothing of it is escaped yet."""

    bank: str
    payee: str
    amount: int
    description: str
    expires_at: datetime
    action: str
    branch: str
    number: str
    alert: str


def form_page(content: Content) -> str:
    """Return the page with the order, the login and the two buttons."""
    limit = content.expires_at.astimezone(JST)
    body = _FORM.format(
        alert=_ALERT.format(alert=escape(content.alert)) if content.alert else "",
        payee=escape(content.payee),
        amount=content.amount,
        description=escape(content.description),
        limit=f"{limit:%Y年%m月%d日 %H時%M分}",
        action=escape(content.action),
        branch=escape(content.branch),
        number=escape(content.number),
        state=_INVALID if content.alert else "",
    )
    title = f"{'エラー: ' if content.alert else ''}お支払いの確認 - {content.bank} (試験用)"
    return _page(title, body)


def unknown_page() -> str:
    """Return the page for an address that belongs to no order."""
    return _page("ページが見つかりません", _UNKNOWN)


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), style=STYLE, body=body)
