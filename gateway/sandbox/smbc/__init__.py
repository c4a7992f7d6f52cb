"""The emulator of SMBC 0009: JSON, signed both ways, answers at once."""
