"""Rakuten's line in the registry: where it listens, its limits, and its books on the first day."""

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.rakuten.codes import DONE, ENDINGS, MESSAGES
from gateway.sandbox.rakuten.emulator import BASE_PATH, Rakuten
from gateway.sandbox.settings import Settings, limits

CALLS_PER_SECOND = 10
VISIBLE_AFTER_S = 2.0

RAKUTEN = BankSpec(
    port_offset=4,
    base_path=BASE_PATH,
    demands_certificate=False,
    codes=frozenset({*MESSAGES, *ENDINGS} - {DONE}),
    settlement=Account(AccountKey("201", "1", "9000001"), "ﾌﾟﾛﾐｽ", 100_000_000),
    seed_accounts=(
        Account(AccountKey("201", "1", "1234567"), "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000_000, password=DEMO_PASSWORD),
    ),
    settings=Settings(
        rate_limits=limits(CALLS_PER_SECOND),
        visibility_s_min=VISIBLE_AFTER_S,
        visibility_s_max=VISIBLE_AFTER_S,
    ),
    open=Rakuten,
    title="楽天銀行",
)
