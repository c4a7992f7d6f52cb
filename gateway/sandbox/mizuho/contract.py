"""みずほ's line in the registry: where it listens, its limits, and its books on the first day."""

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.mizuho.emulator import BASE_PATH, Mizuho
from gateway.sandbox.mizuho.refusals import CODES
from gateway.sandbox.mizuho.results import ITEM_CODES, UNBALANCED
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.settings import Settings, limits

FILES_PER_SECOND = 2
RESULT_AFTER_S_MIN = 0.5

MIZUHO = BankSpec(
    port_offset=3,
    base_path=BASE_PATH,
    demands_certificate=True,
    codes=CODES | ITEM_CODES | UNBALANCED,
    settlement=Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 100_000_000),
    seed_accounts=(
        Account(AccountKey("001", "1", "1234567"), "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000_000, password=DEMO_PASSWORD),
    ),
    settings=Settings(rate_limits=limits(FILES_PER_SECOND), settle_s_min=RESULT_AFTER_S_MIN),
    open=Mizuho,
    title="みずほ銀行",
)
