"""Accounts as they are handed in by the control API and kept in the journal."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.sandbox.books import Account, AccountKey, AccountStatus, account_as_json
from gateway.sandbox.kana import is_strict
from gateway.sandbox.strict import StrictModel, Unreadable, as_model

YEN_MAX = 10**15
DEMO_PASSWORD = "demo1234"  # noqa: S105 - published, like every sandbox value


class NewAccount(StrictModel):
    """`POST accounts`: an account and its password for the approval page."""

    branch: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    type: Literal["1", "2", "4"]
    number: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    holder: Annotated[str, Field(min_length=1, max_length=30)]
    balance: Annotated[int, Field(ge=-YEN_MAX, le=YEN_MAX)] = 0
    status: Literal["open", "closed", "frozen"] = "open"
    password: str = DEMO_PASSWORD

    def account(self) -> Account:
        """Return it as the books keep it; `Unreadable` for a holder no bank could print."""
        if not is_strict(self.holder.replace("ｦ", "ｵ")):
            raise Unreadable("holder: not half-width kana")
        key = AccountKey(self.branch, self.type, self.number)
        return Account(key, self.holder, self.balance, AccountStatus(self.status), self.password)


class NewAccounts(StrictModel):
    accounts: list[NewAccount]


def as_accounts(value: object) -> list[Account]:
    """Return a JSON list of accounts, or raise `Unreadable`."""
    return [new.account() for new in as_model(NewAccounts, {"accounts": value}).accounts]


def as_record(account: Account) -> dict[str, object]:
    """Return an account so that `as_accounts` reads it back."""
    return account_as_json(account) | {"password": account.password}
