"""The settings of each bank: address and credentials, with the sandbox's published values.

A new bank is a class here, named fields `<bank>_…`, and a base of `config.Settings`. What a field
must be outside the sandbox stands beside it.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, FilePath, SecretStr
from pydantic_settings import BaseSettings

from gateway.domain.kana import is_strict

NAME_LENGTH_MAX = 40
BASE_URL = r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"


@dataclass(frozen=True, slots=True)
class Outside:
    """What holds for a setting outside the sandbox, in the words of the refusal."""

    rule: str


OWN_VALUE = Outside("not the sandbox's value")
FILE_NEEDED = Outside("a PEM file is needed outside the sandbox")
ONLY_SANDBOX = Outside("only for the sandbox")
HTTPS = Outside("https is needed outside loopback")


def strict_name(name: str) -> str:
    """Return a name that every bank can print, or raise ValueError."""
    if not (is_strict(name) and len(name) <= NAME_LENGTH_MAX):
        raise ValueError(f"1 to {NAME_LENGTH_MAX} characters of strict half-width kana")
    return name


Address = Annotated[str, Field(pattern=BASE_URL), HTTPS]
Secret = Annotated[SecretStr, Field(min_length=1), OWN_VALUE]
OwnName = Annotated[str, Field(min_length=1), OWN_VALUE]
KeyFile = Annotated[FilePath | None, FILE_NEEDED]
StrictName = Annotated[str, AfterValidator(strict_name)]


class SmbcSettings(BaseSettings):
    smbc_base_url: Address = "http://127.0.0.1:8101"
    smbc_api_key: Secret = SecretStr("sandbox-smbc-api-key")
    smbc_client_kid: OwnName = "lender-sandbox-1"
    smbc_bank_kid: OwnName = "smbc-sandbox-1"
    smbc_client_key: KeyFile = None
    smbc_client_cert: KeyFile = None
    smbc_client_cert_key: KeyFile = None
    smbc_ca: FilePath | None = None


class MufgSettings(BaseSettings):
    mufg_base_url: Address = "http://127.0.0.1:8102"
    mufg_client_id: OwnName = "lender-sandbox"
    mufg_client_secret: Secret = SecretStr("sandbox-mufg-client-secret")
    mufg_callback_secret: Secret = SecretStr("sandbox-mufg-callback-secret")
    mufg_settlement_branch: str = Field("001", pattern=r"^[0-9]{3}$")
    mufg_settlement_type: str = Field("1", pattern=r"^[124]$")
    mufg_settlement_number: Annotated[str, Field(pattern=r"^[0-9]{7}$"), OWN_VALUE] = "9000001"
    mufg_client_cert: FilePath | None = None
    mufg_client_cert_key: FilePath | None = None
    mufg_ca: FilePath | None = None


class PayPaySettings(BaseSettings):
    paypay_base_url: Address = "http://127.0.0.1:8103"
    paypay_shop_id: OwnName = "SHOP0001"
    paypay_mac_secret: Secret = SecretStr("sandbox-paypay-mac-secret")
    paypay_client_cert: FilePath | None = None
    paypay_client_cert_key: FilePath | None = None
    paypay_ca: FilePath | None = None


class MizuhoSettings(BaseSettings):
    mizuho_base_url: Address = "http://127.0.0.1:8104"
    mizuho_user: OwnName = "lender-sandbox"
    mizuho_password: Secret = SecretStr("sandbox-mizuho-password")
    mizuho_callback_secret: Secret = SecretStr("sandbox-mizuho-digest-secret")
    mizuho_itakusha_code: Annotated[str, Field(pattern=r"^[0-9]{10}$"), OWN_VALUE] = "0000012345"
    mizuho_itakusha_name: StrictName = "ﾌﾟﾛﾐｽ"
    mizuho_shuno_kikan: Annotated[str, Field(pattern=r"^[0-9]{5}$"), OWN_VALUE] = "50001"
    mizuho_settlement_branch: str = Field("001", pattern=r"^[0-9]{3}$")
    mizuho_settlement_type: str = Field("1", pattern=r"^[124]$")
    mizuho_settlement_number: Annotated[str, Field(pattern=r"^[0-9]{7}$"), OWN_VALUE] = "9000001"
    mizuho_client_cert: KeyFile = None
    mizuho_client_cert_key: KeyFile = None
    mizuho_ca: FilePath | None = None


class RakutenSettings(BaseSettings):
    rakuten_base_url: Address = "http://127.0.0.1:8105"
    rakuten_user_id: OwnName = "LENDER01"
    rakuten_password: Secret = SecretStr("sandbox-rakuten-password")
    rakuten_client_cert: FilePath | None = None
    rakuten_client_cert_key: FilePath | None = None
    rakuten_ca: FilePath | None = None


class BankSettings(
    SmbcSettings,
    MufgSettings,
    PayPaySettings,
    MizuhoSettings,
    RakutenSettings,
):
    """The settings of all banks."""
