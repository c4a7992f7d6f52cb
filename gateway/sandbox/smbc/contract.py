"""SMBC's line in the registry: where it listens, its limits, and its books on the first day."""

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.settings import Settings, limits
from gateway.sandbox.smbc.emulator import BASE_PATH, Smbc
from gateway.sandbox.smbc.refusals import STATUS

CALLS_PER_SECOND = 50

SMBC = BankSpec(
    port_offset=0,
    base_path=BASE_PATH,
    demands_certificate=True,
    codes=frozenset(STATUS),
    settlement=Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 100_000_000),
    seed_accounts=(
        Account(AccountKey("001", "1", "1234567"), "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000_000, password=DEMO_PASSWORD),
    ),
    settings=Settings(rate_limits=limits(CALLS_PER_SECOND)),
    open=Smbc,
    title="三井住友銀行",
)
