"""A bad setting stops the start; the message says everything that is wrong and no secret."""

import os
from collections.abc import Callable
from datetime import date, time
from importlib.resources import files
from pathlib import Path
from tomllib import loads

import pytest

from gateway.config import load_settings, sandbox_scalar
from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.profiles import bank_profiles, scaled
from gateway.store.postgres import OPTIONS

SECRET = "s3cret-that-must-not-show"
PREFIX = "GATEWAY_"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.fixture
def pem(tmp_path: Path) -> str:
    path = tmp_path / "key.pem"
    path.write_text("not looked at here")
    return str(path)


def refusal() -> list[str]:
    with pytest.raises(NotReady) as refused:
        load_settings()
    return str(refused.value).splitlines()


def production(pem: str) -> dict[str, str]:
    """Return all that production needs: nothing of the sandbox's is left."""
    return {
        "GATEWAY_ENVIRONMENT": "production",
        "GATEWAY_PUBLIC_URL": "https://gateway.lender.example",
        "GATEWAY_REPAYMENT_RETURN_URLS": "https://member.lender.example/repayments",
        "GATEWAY_PIN_PEPPER": "a pepper of our own",
        "GATEWAY_REFERENCE_KEY": "a reference key of our own",
        "GATEWAY_LOG_KEY": "a log key of our own",
        "GATEWAY_METRICS_TOKEN": "a token of our own",
        "GATEWAY_SMBC_BASE_URL": "https://api.bank.example",
        "GATEWAY_SMBC_API_KEY": "an API key of our own",
        "GATEWAY_SMBC_CLIENT_KID": "lender-1",
        "GATEWAY_SMBC_BANK_KID": "bank-1",
        "GATEWAY_SMBC_CLIENT_KEY": pem,
        "GATEWAY_SMBC_CLIENT_CERT": pem,
        "GATEWAY_SMBC_CLIENT_CERT_KEY": pem,
        "GATEWAY_MUFG_CLIENT_ID": "lender-1",
        "GATEWAY_MUFG_CLIENT_SECRET": "a client secret of our own",
        "GATEWAY_MUFG_CALLBACK_SECRET": "a callback secret of our own",
        "GATEWAY_MUFG_SETTLEMENT_NUMBER": "7654321",
        "GATEWAY_PAYPAY_SHOP_ID": "SHOP7777",
        "GATEWAY_PAYPAY_MAC_SECRET": "a MAC secret of our own",
        "GATEWAY_MIZUHO_USER": "lender-1",
        "GATEWAY_MIZUHO_PASSWORD": "a password of our own",
        "GATEWAY_MIZUHO_CALLBACK_SECRET": "a digest secret of our own",
        "GATEWAY_MIZUHO_ITAKUSHA_CODE": "0000077777",
        "GATEWAY_MIZUHO_SHUNO_KIKAN": "57777",
        "GATEWAY_MIZUHO_SETTLEMENT_NUMBER": "7654321",
        "GATEWAY_MIZUHO_CLIENT_CERT": pem,
        "GATEWAY_MIZUHO_CLIENT_CERT_KEY": pem,
        "GATEWAY_RAKUTEN_USER_ID": "LENDER77",
        "GATEWAY_RAKUTEN_PASSWORD": "a password of our own",
    }


def test_nothing_set_is_a_sandbox_on_loopback() -> None:
    settings = load_settings()

    assert settings.environment == "sandbox"
    assert settings.host == "127.0.0.1"
    assert settings.database_url is None


def test_the_embedded_server_has_connections_for_four_processes() -> None:
    size, besides, kept_for_its_owner = load_settings().pool_size, 4, 3
    (most,) = [int(one.partition("=")[2]) for one in OPTIONS if one.startswith("max_connections=")]

    assert size == 20
    assert 4 * (2 * size + besides) <= most - kept_for_its_owner


def test_a_setting_comes_from_the_environment(environment: Environment) -> None:
    environment(GATEWAY_PORT="9000", GATEWAY_INSTANCE="gateway-2")

    settings = load_settings()

    assert (settings.port, settings.instance) == (9000, "gateway-2")


def test_what_is_given_goes_before_the_environment(environment: Environment) -> None:
    environment(GATEWAY_PORT="9000")

    assert load_settings(port=9001).port == 9001


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ENVIRONMENT", "prod", id="an environment that is none"),
        pytest.param("ENVIRONMENT", "", id="no environment"),
        pytest.param("INSTANCE", "", id="no instance"),
        pytest.param("INSTANCE", "a b", id="a space in the instance"),
        pytest.param("INSTANCE", "x" * 61, id="a long instance"),
        pytest.param("INSTANCE", "a\n", id="a line feed in the instance"),
        pytest.param("PG_BIN", "/no/such/directory", id="no such directory of binaries"),
        pytest.param("POOL_SIZE", "1", id="a pool too small"),
        pytest.param("POOL_SIZE", "201", id="a pool too large"),
        pytest.param("POOL_SIZE", "ten", id="a pool in words"),
        pytest.param("POOL_SIZE", "2.5", id="half a connection"),
        pytest.param("POOL_SIZE", "", id="no pool size"),
        pytest.param("POOL_WAIT_S", "0", id="no wait"),
        pytest.param("POOL_WAIT_S", "-1", id="a negative wait"),
        pytest.param("POOL_WAIT_S", "inf", id="an endless wait"),
        pytest.param("POOL_WAIT_S", "nan", id="a wait that is no number"),
        pytest.param("HOST", "", id="no host"),
        pytest.param("PORT", "65536", id="a port too large"),
        pytest.param("PORT", "-1", id="a negative port"),
        pytest.param("PORT", "http", id="a port in words"),
        pytest.param("PUBLIC_URL", "http://gateway.example", id="banks call without TLS"),
        pytest.param("PUBLIC_URL", "https://gateway.example/a/../b", id="a way back"),
        pytest.param("IN_FLIGHT_MAX", "0", id="nothing in flight"),
        pytest.param("SCHEDULED_MAX", "0", id="nothing scheduled"),
        pytest.param("SESSION_IDLE_S", "0", id="a session without time"),
        pytest.param("SESSION_ABSOLUTE_S", "1e99", id="a session without end"),
        pytest.param("LOGIN_DELAY_S", "-0.1", id="a negative delay"),
        pytest.param("DRAIN_S", "0", id="no time to drain"),
        pytest.param("LOG_LEVEL", "INFO", id="a level in capitals"),
        pytest.param("LOG_LEVEL", "trace", id="an unknown level"),
        pytest.param("REMITTER_NAME", "", id="no remitter"),
        pytest.param("REMITTER_NAME", "プロミス", id="a remitter in full width"),
        pytest.param("REMITTER_NAME", "ｱ" * 41, id="a long remitter"),
        pytest.param("SMBC_BASE_URL", "", id="no address"),
        pytest.param("SMBC_BASE_URL", "127.0.0.1:8101", id="an address without scheme"),
        pytest.param("SMBC_BASE_URL", "ftp://127.0.0.1", id="another scheme"),
        pytest.param("SMBC_BASE_URL", "http://127.0.0.1/path", id="an address with a path"),
        pytest.param("SMBC_BASE_URL", "http://127.0.0.1?x=1", id="an address with a query"),
        pytest.param("SMBC_BASE_URL", "http://127.0.0.1:port", id="an address with a bad port"),
        pytest.param("SMBC_CLIENT_KID", "", id="no key id of ours"),
        pytest.param("SMBC_BANK_KID", "", id="no key id of the bank"),
        pytest.param("SMBC_CLIENT_KEY", "/no/such/key.pem", id="no such key"),
        pytest.param("SMBC_CLIENT_CERT", "/no/such/cert.pem", id="no such certificate"),
        pytest.param("SMBC_CA", "/", id="a directory for a file"),
        pytest.param("TIME_SCALE", "0", id="time that stands"),
        pytest.param("TIME_SCALE", "1.1", id="time that is slower than real"),
        pytest.param("CLOCK_SHIFT_S", "soon", id="a shift in words"),
        pytest.param("CLOCK_SHIFT_S", "inf", id="an endless shift"),
    ],
)
def test_a_bad_value_is_named_and_shown(environment: Environment, name: str, value: str) -> None:
    environment(**{PREFIX + name: value})

    (line,) = refusal()

    assert line.startswith(f"{PREFIX}{name}: ")
    assert line.endswith(f"got {value!r}")


@pytest.mark.parametrize(
    "urls",
    [
        pytest.param("", id="none"),
        pytest.param("http://member.example/", id="without TLS"),
        pytest.param("https://member.example/,member.example", id="one that is no address"),
        pytest.param("https://member.example/#done", id="a fragment"),
        pytest.param("https://user@member.example/", id="a user"),
        pytest.param("https://member.example/a/../b", id="a way upwards"),
    ],
)
def test_browsers_are_sent_to_plain_addresses_only(environment: Environment, urls: str) -> None:
    environment(GATEWAY_REPAYMENT_RETURN_URLS=urls)

    (line,) = refusal()

    assert line.startswith("GATEWAY_REPAYMENT_RETURN_URLS")


def test_several_return_addresses_have_commas_between_them(environment: Environment) -> None:
    environment(GATEWAY_REPAYMENT_RETURN_URLS="https://a.example/x, https://b.example/")

    assert load_settings().repayment_return_urls == ("https://a.example/x", "https://b.example/")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("https://a.example, http://localhost:5173", id="commas"),
        pytest.param('["https://a.example", "http://localhost:5173"]', id="a JSON list"),
    ],
)
def test_a_list_of_origins_has_commas_or_is_json(environment: Environment, given: str) -> None:
    environment(GATEWAY_CORS_ORIGINS=given)

    assert load_settings().cors_origins == ("https://a.example", "http://localhost:5173")


@pytest.mark.parametrize("name", ["GATEWAY_CORS_ORIGINS", "GATEWAY_TRUSTED_PROXIES"])
@pytest.mark.parametrize("given", ["", "[", '["a"', "a,,b"])
def test_a_list_that_cannot_be_read_is_named(
    environment: Environment, name: str, given: str
) -> None:
    """What was no JSON ended the start with a traceback."""
    environment(**{name: given})

    with pytest.raises(NotReady, match=name):
        load_settings()


@pytest.mark.parametrize(
    "name",
    ["GATEWAY_PROT", "GATEWAY_", "GATEWAY_PORT_FILE", "gateway_prot", "GATEWAY_SMBC_APIKEY"],
)
def test_an_unknown_setting_is_named_but_not_shown(environment: Environment, name: str) -> None:
    environment(**{name: SECRET})

    assert refusal() == [f"{name}: no such setting (see docs/settings.md)"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"mysql://user:{SECRET}@host/db", id="another database"),
        pytest.param(SECRET, id="no address"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_bad_database_address_is_named_but_not_shown(
    environment: Environment, name: str, url: str
) -> None:
    environment(**{PREFIX + name: url})

    (line,) = refusal()

    assert line.startswith(f"{PREFIX}{name}: ")
    assert SECRET not in line


@pytest.mark.parametrize("name", ["PIN_PEPPER", "REFERENCE_KEY", "LOG_KEY", "SMBC_API_KEY"])
def test_a_secret_is_not_empty(environment: Environment, name: str) -> None:
    environment(**{PREFIX + name: ""})

    (line,) = refusal()

    assert line.startswith(f"{PREFIX}{name}: ")


def test_a_password_in_an_address_is_not_shown(environment: Environment) -> None:
    environment(GATEWAY_SMBC_BASE_URL=f"https://user:{SECRET}@bank.example")

    (line,) = refusal()

    assert line.startswith("GATEWAY_SMBC_BASE_URL: ")
    assert SECRET not in line


def test_everything_that_is_wrong_is_said_at_once(environment: Environment) -> None:
    environment(
        GATEWAY_PROT="1",
        GATEWAY_PORT="x",
        GATEWAY_POOL_SIZE="0",
        GATEWAY_LOG_LEVEL="loud",
        GATEWAY_LOG_KEY="",
        GATEWAY_SMBC_API_KEY_FILE="/no/such/file",
        GATEWAY_CONFIG_FILE="/no/such/file.toml",
    )

    named = {line.partition(":")[0] for line in refusal()}

    assert named == {
        "GATEWAY_PROT",
        "GATEWAY_PORT",
        "GATEWAY_POOL_SIZE",
        "GATEWAY_LOG_LEVEL",
        "GATEWAY_LOG_KEY",
        "GATEWAY_SMBC_API_KEY_FILE",
        "GATEWAY_CONFIG_FILE",
    }


def test_secrets_are_not_shown_with_the_settings(environment: Environment) -> None:
    environment(
        GATEWAY_DATABASE_URL=f"postgresql://user:{SECRET}@localhost/gateway",
        GATEWAY_PIN_PEPPER=SECRET,
        GATEWAY_REFERENCE_KEY=SECRET,
        GATEWAY_LOG_KEY=SECRET,
        GATEWAY_SMBC_API_KEY=SECRET,
    )

    settings = load_settings()

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_secret_comes_from_a_file(environment: Environment, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(SECRET.encode() + b"\r\n")
    environment(GATEWAY_SMBC_API_KEY_FILE=str(path))

    assert load_settings().smbc_api_key.get_secret_value() == SECRET


def test_a_secret_given_twice_is_refused(environment: Environment, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET)
    environment(GATEWAY_LOG_KEY=SECRET, GATEWAY_LOG_KEY_FILE=str(path))

    assert refusal() == ["GATEWAY_LOG_KEY: given twice, by itself and as GATEWAY_LOG_KEY_FILE"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "No such file or directory", id="no file"),
        pytest.param(b"\xff\xfe" + SECRET.encode(), "not UTF-8", id="bytes that are no text"),
    ],
)
def test_a_secret_file_that_cannot_be_read_is_named(
    environment: Environment, tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    environment(GATEWAY_LOG_KEY_FILE=str(path))

    assert refusal() == [f"GATEWAY_LOG_KEY_FILE: cannot be read ({why})"]


def test_an_empty_secret_file_is_refused(environment: Environment, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("\n")
    environment(GATEWAY_LOG_KEY_FILE=str(path))

    (line,) = refusal()

    assert line.startswith("GATEWAY_LOG_KEY: ")


def test_the_toml_file_stands_behind_the_environment(
    environment: Environment, tmp_path: Path
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('port = 9000\ninstance = "from-the-file"\n')
    environment(GATEWAY_CONFIG_FILE=str(path), GATEWAY_PORT="9001")

    settings = load_settings()

    assert (settings.port, settings.instance) == (9001, "from-the-file")


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        pytest.param("port = ", "GATEWAY_CONFIG_FILE: cannot be read (", id="not TOML"),
        pytest.param(f'prot = "{SECRET}"', "GATEWAY_PROT: Extra", id="an unknown setting"),
        pytest.param(f'[smbc]\nkey = "{SECRET}"', "GATEWAY_SMBC: Extra", id="a table"),
        pytest.param("port = 70000", "GATEWAY_PORT: ", id="a bad value"),
        pytest.param(f'log_key = ["{SECRET}"]', "GATEWAY_LOG_KEY: ", id="a secret in a list"),
        pytest.param(f'log_key = "{SECRET}', "GATEWAY_CONFIG_FILE: ", id="a secret cut short"),
    ],
)
def test_a_bad_toml_file_stops_the_start_and_shows_no_secret(
    environment: Environment, tmp_path: Path, content: str, begins: str
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(content)
    environment(GATEWAY_CONFIG_FILE=str(path))

    (line,) = refusal()

    assert line.startswith(begins)
    assert SECRET not in line


def test_production_starts_with_values_of_its_own(environment: Environment, pem: str) -> None:
    environment(**production(pem))

    assert load_settings().environment == "production"


@pytest.mark.parametrize(
    "name",
    [
        "PIN_PEPPER",
        "REFERENCE_KEY",
        "LOG_KEY",
        "METRICS_TOKEN",
        "SMBC_API_KEY",
        "SMBC_CLIENT_KID",
        "SMBC_BANK_KID",
        "SMBC_CLIENT_KEY",
        "SMBC_CLIENT_CERT",
        "SMBC_CLIENT_CERT_KEY",
    ],
)
def test_production_does_not_start_with_the_sandboxs_value(
    environment: Environment, pem: str, name: str
) -> None:
    own = production(pem)
    del own[PREFIX + name]
    environment(**own)

    assert {line.partition(":")[0] for line in refusal()} == {PREFIX + name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("SMBC_BASE_URL", "http://api.bank.example", id="without TLS"),
        pytest.param("PIN_PEPPER", "fifteen letters", id="a short pepper"),
        pytest.param("METRICS_TOKEN", "fifteen letters", id="a short token"),
        pytest.param("CRASH_AT", "submit.answered", id="a crash"),
        pytest.param("CLOCK_SHIFT_S", "1", id="a shifted clock"),
        pytest.param("TIME_SCALE", "0.5", id="fast time"),
    ],
)
def test_production_refuses_what_is_for_tests(
    environment: Environment, pem: str, name: str, value: str
) -> None:
    environment(**production(pem) | {PREFIX + name: value})

    (line,) = refusal()

    assert line.startswith(f"{PREFIX}{name}: ")
    assert value not in line or name == "SMBC_BASE_URL"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://api.bank.example", id="a name"),
        pytest.param("https://192.0.2.1:8101", id="an address"),
        pytest.param("https://localhost.bank.example", id="a name that begins as loopback"),
        pytest.param("https://127.0.0.1.bank.example", id="an address that begins as loopback"),
        pytest.param("https://[2001:db8::1]", id="an IPv6 address"),
    ],
)
def test_sandbox_values_stay_on_loopback(environment: Environment, url: str) -> None:
    environment(GATEWAY_SMBC_BASE_URL=url)

    lines = refusal()

    assert "GATEWAY_SMBC_API_KEY" in {line.partition(":")[0] for line in lines}
    assert not any("sandbox-" in line for line in lines)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8101", "http://127.0.0.2", "http://localhost:1", "http://[::1]:8101"],
)
def test_sandbox_values_hold_on_loopback(environment: Environment, url: str) -> None:
    environment(GATEWAY_SMBC_BASE_URL=url, GATEWAY_TIME_SCALE="0.05", GATEWAY_CRASH_AT="x")

    assert load_settings().smbc_base_url == url


def test_production_refuses_sandbox_values_even_on_loopback(
    environment: Environment, pem: str
) -> None:
    own = production(pem) | {"GATEWAY_SMBC_BASE_URL": "http://127.0.0.1:8101"}
    del own["GATEWAY_PIN_PEPPER"]
    environment(**own)

    (line,) = refusal()

    assert line.startswith("GATEWAY_PIN_PEPPER: ")


def test_every_value_of_a_bank_has_a_source_and_a_day_from_which_it_holds() -> None:
    tables = loads(files("gateway").joinpath("banks.toml").read_text("utf-8"))
    rows = [
        row
        for table in tables.values()
        for value in table.values()
        for row in (value if isinstance(value, list) else [value])
    ]

    assert rows
    assert all(row["source"] for row in rows)
    assert all(type(row["valid_from"]) is date for row in rows)


def test_the_profile_of_smbc_closes_on_sunday_night() -> None:
    smbc = bank_profiles()[BankCode.SMBC]

    assert [(w.weekday, w.begins_at) for w in smbc.windows] == [(6, time(21))]
    assert smbc.lease_s > smbc.deadline_s


def test_a_scaled_profile_has_shorter_delays_and_the_same_limits() -> None:
    smbc = bank_profiles()[BankCode.SMBC]

    fast = scaled(smbc, 0.05)

    assert fast.deadline_s == pytest.approx(smbc.deadline_s / 20)
    assert fast.review_after_s == pytest.approx(smbc.review_after_s / 20)
    assert (fast.per_second, fast.item_limit) == (smbc.per_second, smbc.item_limit)


def test_a_sandbox_key_follows_from_its_name_and_is_one_of_p256() -> None:
    assert sandbox_scalar("lender-sandbox-1") == sandbox_scalar("lender-sandbox-1")
    assert sandbox_scalar("lender-sandbox-1") != sandbox_scalar("smbc-sandbox-1")
    assert 0 < sandbox_scalar("lender-sandbox-1") < P256_ORDER


def test_no_setting_is_read_from_an_unprefixed_variable(environment: Environment) -> None:
    environment(PORT="1", HOST="example.com")

    settings = load_settings()

    assert (settings.port, settings.host) == (8080, "127.0.0.1")
