"""Settings (environment `GATEWAY_…`, optional TOML file): read once, frozen."""

import hashlib
import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from gateway.bank_settings import (
    BASE_URL,
    FILE_NEEDED,
    HTTPS,
    ONLY_SANDBOX,
    OWN_VALUE,
    BankSettings,
    Outside,
    Secret,
    StrictName,
)
from gateway.domain.account import BankCode
from gateway.domain.errors import SettingsWrong
from gateway.domain.network import plain_network
from gateway.domain.return_address import is_loopback, is_plain

PREFIX = "GATEWAY_"
# An address, and where a proxy puts this gateway below it.
PUBLIC_URL = BASE_URL.removesuffix("$") + "(/[A-Za-z0-9._~-]+)*/?$"
OWN_SECRET_LENGTH_MIN = 16
LONG = Outside(f"at least {OWN_SECRET_LENGTH_MIN} characters outside the sandbox")
TOKEN_NEEDED = Outside("a token of your own is needed outside the sandbox")


def _postgres_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("begins with postgresql:// or postgres://")
    return url


def _public_url(url: str) -> str:
    if not (url.startswith("https:") or is_loopback(url)):
        raise ValueError("https is needed outside loopback")
    return url


def _public_place(url: str) -> str:
    """Return the address without a slash at its end: every path of ours begins with one."""
    if {".", ".."} & {*urlsplit(url).path.split("/")}:
        raise ValueError("a path without . and ..")
    return _public_url(url.rstrip("/"))


def _return_url(url: str) -> str:
    if not is_plain(url) or "?" in url:
        raise ValueError("https (http on loopback), a host and the start of a path, nothing more")
    return url


def _network(network: str) -> str:
    return str(plain_network(network))  # a ValueError says what is wrong


def _listed(given: object) -> object:
    """Return what the environment gives, one after the other with commas between, or as JSON."""
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("["):
        return json.loads(given)  # a ValueError says what is wrong
    return tuple(one.strip() for one in given.split(","))


Origin = Annotated[str, Field(pattern=BASE_URL), AfterValidator(_public_url)]
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_listed)]
Network = Annotated[str, AfterValidator(_network)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_listed)]
PublicUrl = Annotated[str, Field(pattern=PUBLIC_URL), AfterValidator(_public_place), OWN_VALUE]
ReturnUrl = Annotated[str, AfterValidator(_return_url)]
ReturnUrls = Annotated[
    tuple[ReturnUrl, ...], NoDecode, BeforeValidator(_listed), Field(min_length=1), OWN_VALUE
]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
OwnSecret = Annotated[Secret, LONG]
OwnToken = Annotated[
    Annotated[SecretStr, Field(min_length=OWN_SECRET_LENGTH_MIN)] | None, TOKEN_NEEDED
]


class Settings(BankSettings):
    """Every setting of the gateway. An unknown or bad one stops the start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, allow_inf_nan=False
    )

    environment: Literal["sandbox", "production"] = "sandbox"
    instance: str = Field("gateway-1", pattern=r"^[A-Za-z0-9._-]{1,60}$")
    data_dir: Path = Path(".gateway")
    statement_dir: DirectoryPath | None = None

    database_url: DatabaseUrl | None = None
    database_owner_url: DatabaseUrl | None = None
    pg_bin: DirectoryPath | None = None
    pool_size: int = Field(20, ge=2, le=200)
    pool_wait_s: float = Field(1.0, gt=0)
    login_pool_size: int = Field(4, ge=1, le=50)

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8080, ge=0, le=65535)
    public_url: PublicUrl = "http://127.0.0.1:8080"
    repayment_return_urls: ReturnUrls = ("http://127.0.0.1:8080/",)
    in_flight_max: int = Field(200, ge=1)
    scheduled_max: int = Field(20_000, ge=1)
    day_amount_max: int | None = Field(None, ge=1)
    day_transfers_max: int | None = Field(None, ge=1)
    session_idle_s: int = Field(600, ge=1)
    session_absolute_s: int = Field(43_200, ge=1)
    login_delay_s: float = Field(1.0, ge=0)
    cors_origins: Origins = ()
    connections_max: int = Field(12_000, ge=1)
    head_wait_s: float = Field(10.0, gt=0)
    keep_alive_s: float = Field(75.0, gt=0, le=3_600)
    trusted_proxies: Networks = ()
    member_money_per_minute: int = Field(600, ge=0)
    member_writes_per_minute: int = Field(600, ge=0)
    member_reads_per_minute: int = Field(1_200, ge=0)
    member_streams_per_minute: int = Field(120, ge=0)
    source_requests_per_minute: int = Field(60_000, ge=0)
    source_logins_per_minute: int = Field(600, ge=0)
    source_callbacks_per_minute: int = Field(12_000, ge=0)
    streams_max: int = Field(10_000, ge=0)
    streams_per_member_max: int = Field(10, ge=1)
    drain_s: float = Field(10.0, gt=0)
    reconcile_hour: int = Field(5, ge=0, le=23)

    pin_pepper: OwnSecret = SecretStr("sandbox-pin-pepper")
    reference_key: OwnSecret = SecretStr("sandbox-reference-key")
    log_key: OwnSecret = SecretStr("sandbox-log-key")
    metrics_token: OwnToken = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    remitter_name: StrictName = "ﾌﾟﾛﾐｽ"

    time_scale: Annotated[float, Field(gt=0, le=1), ONLY_SANDBOX] = 1.0
    clock_shift_s: Annotated[float, ONLY_SANDBOX] = 0.0
    crash_at: Annotated[str, ONLY_SANDBOX] = ""

    @property
    def public_path(self) -> str:
        """Return the path below which callers see this gateway: "", or one that ends in no `/`."""
        return urlsplit(self.public_url).path


def load_settings(**given: Any) -> Settings:
    """Return the settings, or raise SettingsWrong with one line for everything that is wrong.

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
        raise SettingsWrong("\n".join(problems)) from None
    problems += _problems_outside_loopback(settings) + _half_certificates(settings)
    if problems:
        raise SettingsWrong("\n".join(problems))
    return settings


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
    """Return what the sandbox may have and the outside may not; each bank is looked at alone."""
    address = {bank.value: getattr(settings, f"{bank}_base_url") for bank in BankCode}
    inside = {bank for bank, url in address.items() if is_loopback(url)}
    if settings.environment == "sandbox" and inside == set(address):
        return []
    problems = []
    for name, field in Settings.model_fields.items():
        if settings.environment == "sandbox" and name.partition("_")[0] in inside:
            continue
        rules = [rule for rule in field.metadata if isinstance(rule, Outside)]
        ours = getattr(settings, name)
        problems += [
            f"{PREFIX}{name.upper()}: {rule.rule}"
            for rule in rules
            if _is_broken(rule, ours, field.default)
        ]
    return problems


def _half_certificates(settings: Settings) -> list[str]:
    """Return which certificates lack their key, or the other way round."""
    halves = [(f"{bank}_client_cert", f"{bank}_client_cert_key") for bank in BankCode]
    return [
        f"{PREFIX}{missing.upper()}: needed beside {PREFIX}{given.upper()}"
        for pair in halves
        for given, missing in (pair, pair[::-1])
        if getattr(settings, given, None) is not None and getattr(settings, missing) is None
    ]


def _is_broken(rule: Outside, ours: Any, default: Any) -> bool:
    if rule == HTTPS:
        return not (is_loopback(ours) or ours.startswith("https:"))
    if rule == LONG:
        return len(ours.get_secret_value()) < OWN_SECRET_LENGTH_MIN
    if rule in {FILE_NEEDED, TOKEN_NEEDED}:
        return ours is None
    return bool(ours == default) is (rule == OWN_VALUE)


def sandbox_scalar(kid: str) -> int:
    """Return the private scalar of a sandbox key, made from its name: no key lies about."""
    return int.from_bytes(hashlib.sha256(kid.encode()).digest(), "big")
