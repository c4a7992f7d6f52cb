"""The emulator of 楽天銀行 0036: forms in, one line of CSV out, and nobody calls back."""
