"""From when on a merchant's shipments are late: a table of the merchants file."""

from typing import Annotated

from pydantic import BaseModel, Field

_Seconds = Annotated[float, Field(ge=0, le=30 * 86_400)]


class Thresholds(BaseModel, extra="forbid", frozen=True, strict=True):
    """An alert is raised after it."""

    not_confirmed_s: _Seconds = Field(default=7200, description="a shipment that is ACCEPTED and not confirmed")
    ship_by_near_s: _Seconds = Field(default=7200, description="before its ship-by, a shipment without a label")
    not_handed_over_s: _Seconds = Field(default=86_400, description="a shipment with its label that is not handed over")
    pickup_missed_s: _Seconds = Field(
        default=3600, description="after its pickup slot, a shipment that is not handed over"
    )
    command_waiting_s: _Seconds = Field(default=900, description="a command in a shipment's queue")
