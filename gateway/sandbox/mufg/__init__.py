"""The emulator of MUFG 0005: OAuth 2 and ISO 20022, accepted first, settled later."""
