"""The conformance kit: what every adapter must do, tried on its emulator over real HTTP.

It is a part of the product: an integrator who changes an adapter, or writes a new one, runs
`gateway conformance`. Its expectations come from the banks' pages, not from the adapters' tables.
"""
