"""How often Amazon's lists are asked for, and how far back."""

from pydantic import Field

from connector.settings.group import Group


class PollingSettings(Group):
    look_back_s: float = Field(
        default=86_400, ge=0, le=30 * 86_400, description="seconds that the first poll of a list looks back"
    )
    lag_s: float = Field(
        default=120,
        ge=0,
        le=3600,
        description="seconds until Amazon's lists are complete; they are polled again so long",
    )
    overlap_s: float = Field(
        default=600, ge=0, le=86_400, description="seconds that a poll goes back into what was polled already"
    )
    slowest_interval_s: float = Field(
        default=1,
        ge=1,
        le=3600,
        description="seconds to which a merchant's poll_interval_s grows for its orders while notifications are proven "
        "to arrive, 60 say; 1: it never grows",
    )
    slow_interval_s: float = Field(
        default=60,
        ge=1,
        le=86_400,
        description="seconds between polls of lists that Amazon gives by location only: what becomes of returns",
    )
    sweep_interval_s: float = Field(
        default=3600,
        ge=1,
        le=86_400,
        description="seconds between sweeps of all open orders and returns, however old: what polls can't find",
    )
    not_enabled_interval_s: float = Field(
        default=600, ge=1, le=86_400, description="seconds between tries of an API that is not enabled for a merchant"
    )
