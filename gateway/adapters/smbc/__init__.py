"""三井住友銀行 (0009): JSON, mutual TLS, signed both ways, answers at once (docs/banks/smbc.md)."""
