"""SMBC's signature on everything it says."""

from collections.abc import Callable, Mapping

from gateway.sandbox.jws import Signer

CONTENT_TYPE = "application/json; charset=utf-8"


class Seal:
    """Signs with the key whose name is in force; the name can change while the bank runs."""

    def __init__(self, kid: Callable[[], str]) -> None:
        self._kid = kid
        self._signer = Signer(kid())

    def headers(self, body: bytes, is_badly_signed: bool = False) -> Mapping[str, str]:
        """Return the headers that go with a body; a bad signature is one over other bytes."""
        signed = body + b" " if is_badly_signed else body
        return {"Content-Type": CONTENT_TYPE, "X-Jws-Signature": self.signer().sign(signed)}

    def signer(self) -> Signer:
        """Return the signer in force."""
        if self._signer.kid != self._kid():
            self._signer = Signer(self._kid())
        return self._signer
