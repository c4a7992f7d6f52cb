"""What the control API may set while an emulator runs."""

from typing import Annotated

from pydantic import (
    AnyHttpUrl,
    Field,
    NonNegativeInt,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from gateway.sandbox.strict import StrictModel, Unreadable, as_model

INQUIRIES_PER_MONEY_CALL = 5
_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)

DelaySeconds = Annotated[float, Field(ge=0, le=3600)]


class RateLimits(StrictModel):
    """Calls a second for the contract; 0 = no limit."""

    money: NonNegativeInt
    inquiry: NonNegativeInt


class Settings(StrictModel):
    """Delays are drawn between their two ends; all of them are multiplied by `time_scale`."""

    rate_limits: RateLimits
    settle_s_min: DelaySeconds = 0.2
    settle_s_max: DelaySeconds = 2.0
    visibility_s_min: DelaySeconds = 0.0
    visibility_s_max: DelaySeconds = 0.0
    callback_url: str | None = None
    time_scale: Annotated[float, Field(ge=0, le=100)] = 1.0
    bank_kid: str | None = None

    @field_validator("callback_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None:
            try:
                _URL.validate_python(url)
            except ValidationError as error:
                raise ValueError("not an http or https address") from error
        return url

    def changed(self, change: dict[str, object]) -> "Settings":
        """Return these settings with some replaced; `Unreadable` for an unknown or bad one."""
        now = self.model_dump()
        limits = change.get("rate_limits")
        if isinstance(limits, dict):
            change = change | {"rate_limits": now["rate_limits"] | limits}
        after = as_model(Settings, now | change)
        for delay in ("settle_s", "visibility_s"):
            if getattr(after, f"{delay}_min") > getattr(after, f"{delay}_max"):
                raise Unreadable(f"{delay}_min: above {delay}_max")
        return after


def limits(per_second: int) -> RateLimits:
    """Return a contract's limits: inquiries, names and statements have five times as much."""
    return RateLimits(money=per_second, inquiry=INQUIRIES_PER_MONEY_CALL * per_second)
