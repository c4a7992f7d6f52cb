"""Settings: the environment (`GATEWAY_…`), an optional TOML file, `banks.toml`. Read once, frozen."""

import hashlib
import os
import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.domain.hours import Window

PREFIX = "GATEWAY_"
SANDBOX_SECRETS = {
    "pin_pepper": "sandbox-pin-pepper",
    "reference_key": "sandbox-reference-key",
    "log_key": "sandbox-log-key",
    "smbc_api_key": "sandbox-smbc-api-key",
}
SANDBOX_SMBC_CLIENT_KID = "lender-sandbox-1"


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
        """Return how long a sender may hold a transfer: the deadline of a call and a margin of half."""
        return self.deadline_s * 1.5


class Settings(BaseSettings):
    """Every setting of the gateway. An unknown or bad one stops the start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    environment: Literal["sandbox", "production"] = "sandbox"
    instance: str = Field("gateway-1", pattern=r"^[A-Za-z0-9._-]{1,60}$")
    data_dir: Path = Path(".gateway")

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    pg_bin: Path | None = None
    pool_size: int = Field(10, ge=2, le=200)
    pool_wait_s: float = Field(1.0, gt=0)

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    in_flight_max: int = Field(200, ge=1)
    scheduled_max: int = Field(20_000, ge=1)
    session_idle_s: int = Field(600, ge=1)
    session_absolute_s: int = Field(43_200, ge=1)
    login_delay_s: float = Field(1.0, ge=0)
    drain_s: float = Field(10.0, gt=0)

    pin_pepper: SecretStr = SecretStr(SANDBOX_SECRETS["pin_pepper"])
    reference_key: SecretStr = SecretStr(SANDBOX_SECRETS["reference_key"])
    log_key: SecretStr = SecretStr(SANDBOX_SECRETS["log_key"])
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    remitter_name: str = "ﾌﾟﾛﾐｽ"

    smbc_base_url: str = Field("http://127.0.0.1:8101", pattern=r"^https?://[^/?#]+$")
    smbc_api_key: SecretStr = SecretStr(SANDBOX_SECRETS["smbc_api_key"])
    smbc_client_kid: str = SANDBOX_SMBC_CLIENT_KID
    smbc_bank_kid: str = "smbc-sandbox-1"
    smbc_client_key: Path | None = None
    smbc_client_cert: Path | None = None
    smbc_client_cert_key: Path | None = None
    smbc_ca: Path | None = None

    time_scale: float = Field(1.0, gt=0, le=1)
    clock_shift_s: float = 0.0
    crash_at: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order: arguments, environment, the TOML file that GATEWAY_CONFIG_FILE names."""
        del dotenv_settings, file_secret_settings
        config_file = os.environ.get(PREFIX + "CONFIG_FILE")
        toml = (TomlConfigSettingsSource(settings_cls, Path(config_file)),) if config_file else ()
        return (init_settings, env_settings, *toml)


def load_settings(**given: Any) -> Settings:
    """Return the settings, or raise NotReady with one line for everything that is wrong."""
    problems = [
        f"{name}: no such setting (see docs/settings.md)"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and not _is_known(name)
    ]
    try:
        settings = Settings(**_secrets_from_files(problems) | given)
    except ValidationError as error:
        problems += [_describe(detail) for detail in error.errors()]
        raise NotReady("\n".join(problems)) from None
    problems += _sandbox_values_outside_loopback(settings)
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


def _is_known(name: str) -> bool:
    field = name.removeprefix(PREFIX).lower()
    return field in Settings.model_fields or field in {
        "config_file",
        *(f"{secret}_file" for secret in _secret_fields()),
    }


def _secret_fields() -> list[str]:
    return [n for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)]


def _secrets_from_files(problems: list[str]) -> dict[str, str]:
    found = {}
    for field in _secret_fields():
        variable = f"{PREFIX}{field.upper()}_FILE"
        if variable in os.environ:
            try:
                found[field] = Path(os.environ[variable]).read_text("utf-8").rstrip("\n")
            except OSError as error:
                problems.append(f"{variable}: cannot be read ({error.strerror})")
    return found


def _describe(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    shown = "" if field in _secret_fields() else f", got {detail['input']!r}"
    return f"{PREFIX}{field.upper()}: {detail['msg']}{shown}"


def _sandbox_values_outside_loopback(settings: Settings) -> list[str]:
    is_real = settings.environment == "production" or not _is_loopback(settings.smbc_base_url)
    if not is_real:
        return []
    problems = [
        f"{PREFIX}{name.upper()}: the sandbox's value is not allowed outside loopback"
        for name, value in SANDBOX_SECRETS.items()
        if getattr(settings, name).get_secret_value() == value
    ]
    if settings.smbc_client_key is None:
        problems.append(f"{PREFIX}SMBC_CLIENT_KEY: a PEM file with our ES256 key is needed")
    for name in ("crash_at", "clock_shift_s"):
        if getattr(settings, name):
            problems.append(f"{PREFIX}{name.upper()}: only for the sandbox")
    return problems


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def sandbox_scalar(kid: str) -> int:
    """Return the private scalar of a sandbox key: published, so that no key lies in the repository."""
    return int.from_bytes(hashlib.sha256(kid.encode()).digest(), "big")
