"""Emulated banks for tests of other projects: in a thread of their own, driven by Python calls."""
