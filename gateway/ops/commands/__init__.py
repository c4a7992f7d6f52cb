"""Operators' commands: each takes a database and returns data; `ops/render.py` shows it."""
