"""Every bank may have an authority of its own, and a certificate of ours."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.bank_tls import bank_tls
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.sandbox.tls import make_tls_directory

HERE = "https://127.0.0.1:1"
every_bank = pytest.mark.parametrize("bank", list(BankCode))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tls")
    make_tls_directory(directory)
    return directory


@every_bank
def test_a_bank_trusts_its_own_authority_only_and_sees_our_certificate(
    bank: BankCode, files: Path
) -> None:
    settings = load_settings(
        **{
            f"{bank}_base_url": HERE,
            f"{bank}_ca": files / "ca.pem",
            f"{bank}_client_cert": files / "client.pem",
            f"{bank}_client_cert_key": files / "client.key",
        }
    )

    context = bank_tls(settings, bank)

    assert context is not None
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@every_bank
def test_without_files_the_machines_authorities_are_trusted(bank: BankCode) -> None:
    context = bank_tls(load_settings(**{f"{bank}_base_url": HERE}), bank)

    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED


@every_bank
def test_plain_loopback_needs_none(bank: BankCode) -> None:
    assert bank_tls(load_settings(), bank) is None


@every_bank
@pytest.mark.parametrize("name", ["ca", "client_cert"])
def test_a_file_that_is_no_certificate_stops_the_start(
    bank: BankCode, name: str, files: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    beside: dict[str, Any] = {f"{bank}_client_cert_key": files / "client.key"}
    changed = {f"{bank}_base_url": HERE, f"{bank}_{name}": bad}
    settings = load_settings(**changed, **(beside if name == "client_cert" else {}))

    with pytest.raises(NotReady, match=f"GATEWAY_{bank.upper()}_CA"):
        bank_tls(settings, bank)


@every_bank
@pytest.mark.parametrize(
    ("given", "missing"),
    [("client_cert", "client_cert_key"), ("client_cert_key", "client_cert")],
)
def test_a_certificate_and_its_key_come_together(
    bank: BankCode, given: str, missing: str, files: Path
) -> None:
    half = {f"{bank}_{given}": files / "client.pem"}

    with pytest.raises(NotReady, match=f"GATEWAY_{bank.upper()}_{missing.upper()}: needed beside"):
        load_settings(**half)


@pytest.mark.parametrize("bank", [BankCode.SMBC, BankCode.MIZUHO])
def test_where_the_banks_page_wants_a_certificate_production_has_one(bank: BankCode) -> None:
    with pytest.raises(NotReady, match=f"GATEWAY_{bank.upper()}_CLIENT_CERT: a PEM file"):
        load_settings(environment="production")


@every_bank
def test_only_ciphers_with_forward_secrecy_are_offered(bank: BankCode) -> None:
    context = bank_tls(load_settings(**{f"{bank}_base_url": HERE}), bank)

    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    for cipher in context.get_ciphers():
        assert cipher["strength_bits"] >= 128
        assert cipher["name"].startswith(("TLS_", "ECDHE-", "DHE-")), cipher["name"]
