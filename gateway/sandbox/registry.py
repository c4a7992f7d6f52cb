"""The banks that can be emulated. A new one is a module of its own and a line here.

Port offsets are the profile's: smbc 0, mufg 1, paypay 2, mizuho 3, rakuten 4; the next is free.
"""

from collections.abc import Mapping

from gateway.sandbox.mizuho.contract import MIZUHO
from gateway.sandbox.mufg.contract import MUFG
from gateway.sandbox.paypay.contract import PAYPAY
from gateway.sandbox.profile import BankSpec
from gateway.sandbox.rakuten.contract import RAKUTEN
from gateway.sandbox.smbc.contract import SMBC

BANKS: Mapping[str, BankSpec] = {
    "smbc": SMBC,
    "mufg": MUFG,
    "mizuho": MIZUHO,
    "paypay": PAYPAY,
    "rakuten": RAKUTEN,
}
