"""What every flow has: a watch on all that it does to its database."""

from tests.traced import trace

__all__ = ["trace"]
