"""三菱UFJ銀行 (0005): OAuth 2, ISO 20022, accepted first and settled later (docs/banks/mufg.md)."""
