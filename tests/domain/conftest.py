"""Laws are tried without a deadline: how long an example takes on two busy cores is no law."""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
