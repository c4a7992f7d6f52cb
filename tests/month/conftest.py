"""The desk of the services' tests, on a database of its own, whose change log is checked."""

from tests.services.conftest import bank, database, desk, owner, trace

__all__ = ["bank", "database", "desk", "owner", "trace"]
