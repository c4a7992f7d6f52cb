"""MUFG's line in the registry: where it listens, its limits, and its books on the first day."""

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.mufg.emulator import BASE_PATH, Mufg
from gateway.sandbox.mufg.refusals import CODES
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.settings import Settings, limits

CALLS_PER_SECOND = 100

MUFG = BankSpec(
    port_offset=1,
    base_path=BASE_PATH,
    demands_certificate=False,
    codes=CODES,
    settlement=Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 100_000_000),
    seed_accounts=(
        Account(AccountKey("001", "1", "1234567"), "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000_000, password=DEMO_PASSWORD),
    ),
    settings=Settings(
        rate_limits=limits(CALLS_PER_SECOND), visibility_s_min=0.2, visibility_s_max=3.0
    ),
    open=Mufg,
    title="三菱UFJ銀行",
)
