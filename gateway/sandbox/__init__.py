"""Bank emulators, written from the banks' profiles; they share no code with the adapters."""
