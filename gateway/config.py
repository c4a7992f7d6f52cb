"""Settings (environment `GATEWAY_…`, optional TOML file) and `banks.toml`: read once, frozen."""

import hashlib
import os
import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, DirectoryPath, Field, FilePath, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.domain.hours import Window
from gateway.domain.kana import is_strict

PREFIX = "GATEWAY_"
SANDBOX_SECRETS = {
    "pin_pepper": "sandbox-pin-pepper",
    "reference_key": "sandbox-reference-key",
    "log_key": "sandbox-log-key",
    "smbc_api_key": "sandbox-smbc-api-key",
}
SANDBOX_SMBC_CLIENT_KID = "lender-sandbox-1"
SANDBOX_SMBC_BANK_KID = "smbc-sandbox-1"
OWN_SECRETS = ("pin_pepper", "reference_key", "log_key")
OWN_SECRET_LENGTH_MIN = 16
OWN_FILES = ("smbc_client_key", "smbc_client_cert", "smbc_client_cert_key")
NOT_SANDBOX = (*SANDBOX_SECRETS, "smbc_client_kid", "smbc_bank_kid")
ONLY_SANDBOX = ("crash_at", "clock_shift_s", "time_scale")
REMITTER_LENGTH_MAX = 40
BASE_URL = r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"


@dataclass(frozen=True, slots=True)
class BankProfile:
    """What one bank's contract says; times in seconds, amounts in yen. Sources: `banks.toml`."""

    code: BankCode
    name_ja: str
    name_en: str
    deadline_s: float
    connect_timeout_s: float
    visibility_s: float
    settle_s: float
    per_second: float
    bulkhead: int
    review_after_s: float
    item_limit: int
    charge: int
    recall_charge: int
    verifies_names: bool
    batched: bool
    windows: tuple[Window, ...]

    @property
    def lease_s(self) -> float:
        """Return how long a sender may hold a transfer: a call's deadline and half of it more."""
        return self.deadline_s * 1.5


def _postgres_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("begins with postgresql:// or postgres://")
    return url


def _remitter(name: str) -> str:
    if not (is_strict(name) and len(name) <= REMITTER_LENGTH_MAX):
        raise ValueError(f"1 to {REMITTER_LENGTH_MAX} characters of strict half-width kana")
    return name


Secret = Annotated[SecretStr, Field(min_length=1)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]


class Settings(BaseSettings):
    """Every setting of the gateway. An unknown or bad one stops the start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, allow_inf_nan=False
    )

    environment: Literal["sandbox", "production"] = "sandbox"
    instance: str = Field("gateway-1", pattern=r"^[A-Za-z0-9._-]{1,60}$")
    data_dir: Path = Path(".gateway")

    database_url: DatabaseUrl | None = None
    database_owner_url: DatabaseUrl | None = None
    pg_bin: DirectoryPath | None = None
    pool_size: int = Field(10, ge=2, le=200)
    pool_wait_s: float = Field(1.0, gt=0)

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8080, ge=0, le=65535)
    in_flight_max: int = Field(200, ge=1)
    scheduled_max: int = Field(20_000, ge=1)
    session_idle_s: int = Field(600, ge=1)
    session_absolute_s: int = Field(43_200, ge=1)
    login_delay_s: float = Field(1.0, ge=0)
    drain_s: float = Field(10.0, gt=0)

    pin_pepper: Secret = SecretStr(SANDBOX_SECRETS["pin_pepper"])
    reference_key: Secret = SecretStr(SANDBOX_SECRETS["reference_key"])
    log_key: Secret = SecretStr(SANDBOX_SECRETS["log_key"])
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    remitter_name: Annotated[str, AfterValidator(_remitter)] = "ﾌﾟﾛﾐｽ"

    smbc_base_url: str = Field("http://127.0.0.1:8101", pattern=BASE_URL)
    smbc_api_key: Secret = SecretStr(SANDBOX_SECRETS["smbc_api_key"])
    smbc_client_kid: str = Field(SANDBOX_SMBC_CLIENT_KID, min_length=1)
    smbc_bank_kid: str = Field(SANDBOX_SMBC_BANK_KID, min_length=1)
    smbc_client_key: FilePath | None = None
    smbc_client_cert: FilePath | None = None
    smbc_client_cert_key: FilePath | None = None
    smbc_ca: FilePath | None = None

    time_scale: float = Field(1.0, gt=0, le=1)
    clock_shift_s: float = 0.0
    crash_at: str = ""


def load_settings(**given: Any) -> Settings:
    """Return the settings, or raise NotReady with one line for everything that is wrong.

    What is given goes before secrets from files, these before the environment, this before the
    TOML file that GATEWAY_CONFIG_FILE names. The rules between settings are tested once each
    setting by itself is good.
    """
    problems = _unknown_names()
    in_file = _toml_file(problems)
    secrets = _secrets_from_files(problems)
    try:
        settings = Settings(**(in_file | secrets | given))
    except ValidationError as error:
        problems += [_describe(detail) for detail in error.errors()]
        raise NotReady("\n".join(problems)) from None
    problems += _problems_outside_loopback(settings)
    if problems:
        raise NotReady("\n".join(problems))
    return settings


@cache
def bank_profiles() -> dict[BankCode, BankProfile]:
    """Return the profile of every bank in `banks.toml`."""
    tables = tomllib.loads(files("gateway").joinpath("banks.toml").read_text("utf-8"))
    return {BankCode(code): _profile(BankCode(code), table) for code, table in tables.items()}


def scaled(profile: BankProfile, time_scale: float) -> BankProfile:
    """Return the profile with every delay multiplied, for tests that run at 1/20 of real time."""
    return replace(
        profile,
        deadline_s=profile.deadline_s * time_scale,
        connect_timeout_s=profile.connect_timeout_s * time_scale,
        visibility_s=profile.visibility_s * time_scale,
        review_after_s=profile.review_after_s * time_scale,
    )


def _profile(code: BankCode, table: dict[str, Any]) -> BankProfile:
    value = {name: row["value"] for name, row in table.items() if name != "windows"}
    return BankProfile(
        code=code,
        name_ja=value["name_ja"],
        name_en=value["name_en"],
        deadline_s=value["deadline_s"],
        connect_timeout_s=value["connect_timeout_s"],
        visibility_s=value["visibility_s"],
        settle_s=value["settle_s"],
        per_second=value["per_second"],
        bulkhead=value["bulkhead"],
        review_after_s=value["review_after_s"],
        item_limit=value["item_limit"],
        charge=value["charge"],
        recall_charge=value["recall_charge"],
        verifies_names=value["verifies_names"],
        batched=value["batched"],
        windows=tuple(_window(row) for row in table.get("windows", ())),
    )


def _window(row: dict[str, Any]) -> Window:
    return Window(
        name=row["name"],
        begins_at=row["begins_at"],
        lasts=timedelta(hours=row["lasts_h"]),
        weekday=row["weekday"],
        nth=tuple(row.get("nth", ())),
    )


def _unknown_names() -> list[str]:
    files = {f"{secret}_file" for secret in _secret_fields()}
    known = {"config_file", *files, *Settings.model_fields}
    return [
        f"{name}: no such setting (see docs/settings.md)"
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and name[len(PREFIX) :].lower() not in known
    ]


def _toml_file(problems: list[str]) -> dict[str, Any]:
    """Return what the TOML file sets and the environment does not."""
    variable = PREFIX + "CONFIG_FILE"
    if variable not in os.environ:
        return {}
    try:
        table = tomllib.loads(Path(os.environ[variable]).read_text("utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{variable}: cannot be read ({_why(error)})")
        return {}
    environment = {name.upper() for name in os.environ}
    return {name: table[name] for name in table if PREFIX + name.upper() not in environment}


def _secrets_from_files(problems: list[str]) -> dict[str, str]:
    found = {}
    for field in _secret_fields():
        setting = PREFIX + field.upper()
        path = os.environ.get(setting + "_FILE")
        if path is None:
            continue
        if setting in os.environ:
            problems.append(f"{setting}: given twice, by itself and as {setting}_FILE")
        try:
            found[field] = Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            problems.append(f"{setting}_FILE: cannot be read ({_why(error)})")
    return found


def _why(error: OSError | ValueError) -> str:
    """Return what is wrong with a file, but nothing of what is in it."""
    if isinstance(error, OSError):
        return error.strerror or "unreadable"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _secret_fields() -> list[str]:
    return [n for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)]


def _describe(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    # A misspelt name may hold a secret, and a URL a password.
    shows = field in Settings.model_fields and field not in _secret_fields()
    shown = f", got {detail['input']!r}" if shows and "@" not in str(detail["input"]) else ""
    return f"{PREFIX}{field.upper()}: {detail['msg']}{shown}"


def _problems_outside_loopback(settings: Settings) -> list[str]:
    at_loopback = _is_loopback(settings.smbc_base_url)
    if settings.environment == "sandbox" and at_loopback:
        return []
    default = {name: field.default for name, field in Settings.model_fields.items()}
    ours = {name: getattr(settings, name) for name in default}
    short = [n for n in OWN_SECRETS if len(ours[n].get_secret_value()) < OWN_SECRET_LENGTH_MIN]
    plain = [] if at_loopback or settings.smbc_base_url.startswith("https:") else ["smbc_base_url"]
    wrong = {
        "https is needed outside loopback": plain,
        "a PEM file is needed outside the sandbox": [n for n in OWN_FILES if ours[n] is None],
        f"at least {OWN_SECRET_LENGTH_MIN} characters outside the sandbox": short,
        "not the sandbox's value": [n for n in NOT_SANDBOX if ours[n] == default[n]],
        "only for the sandbox": [n for n in ONLY_SANDBOX if ours[n] != default[n]],
    }
    return [f"{PREFIX}{n.upper()}: {what}" for what, names in wrong.items() for n in names]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def sandbox_scalar(kid: str) -> int:
    """Return the private scalar of a sandbox key, made from its name: no key lies about."""
    return int.from_bytes(hashlib.sha256(kid.encode()).digest(), "big")
