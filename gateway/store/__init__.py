"""PostgreSQL through asyncpg: functions that take a connection and return domain values."""
