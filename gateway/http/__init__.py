"""The API: translates, decides nothing."""
