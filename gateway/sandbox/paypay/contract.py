"""PayPay's line in the registry: where it listens, its limits, and its books on the first day."""

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.paypay.emulator import BASE_PATH, PayPay
from gateway.sandbox.paypay.refusals import CODES
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.settings import Settings, limits

CALLS_PER_SECOND = 20
VISIBLE_AFTER_S = 1.0

PAYPAY = BankSpec(
    port_offset=2,
    base_path=BASE_PATH,
    demands_certificate=False,
    codes=CODES,
    settlement=Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 100_000_000),
    seed_accounts=(
        Account(AccountKey("002", "1", "1234567"), "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000_000, password=DEMO_PASSWORD),
    ),
    settings=Settings(
        rate_limits=limits(CALLS_PER_SECOND),
        visibility_s_min=VISIBLE_AFTER_S,
        visibility_s_max=VISIBLE_AFTER_S,
    ),
    open=PayPay,
    title="PayPay銀行",
)
