"""Each bank's own authority and our certificate there, from the settings."""

import ssl

from gateway.adapters.transport import tls_context
from gateway.config import Settings
from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady


def bank_tls(settings: Settings, bank: BankCode) -> ssl.SSLContext | None:
    """Return the context for a bank, None where it is spoken to in plain: on loopback.

    Without an authority of its own the machine's are trusted. Reads files: call it outside the
    event loop. Raises NotReady for a file that cannot be used.
    """
    base_url: str = getattr(settings, f"{bank}_base_url")
    if not base_url.startswith("https:"):
        return None
    try:
        return tls_context(
            authority=getattr(settings, f"{bank}_ca"),
            certificate=getattr(settings, f"{bank}_client_cert"),
            key=getattr(settings, f"{bank}_client_cert_key"),
        )
    except (OSError, ssl.SSLError) as error:
        names = f"GATEWAY_{bank.upper()}_CA, _CLIENT_CERT or _CLIENT_CERT_KEY"
        raise NotReady(f"{names}: {error}") from error
