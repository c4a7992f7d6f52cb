"""What a parent hands to the processes that it starts."""

from pathlib import Path

import pytest

from gateway.config import load_settings
from gateway.serve import child_environment

URL = "postgresql://gateway@127.0.0.1/gateway"


def test_a_child_starts_where_its_parent_read_the_address_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = tmp_path / "address"
    address.write_text(URL)
    monkeypatch.setenv("GATEWAY_DATABASE_URL_FILE", str(address))
    environment = child_environment(load_settings(), URL, "gateway-1.2")
    monkeypatch.delenv("GATEWAY_DATABASE_URL_FILE")

    for name in (name for name in environment if name.startswith("GATEWAY_")):
        monkeypatch.setenv(name, environment[name])
    settings = load_settings()

    assert settings.instance == "gateway-1.2"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == URL
