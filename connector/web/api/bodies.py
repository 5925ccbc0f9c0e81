"""What a request of the control API may say: its query, or its body. The OpenAPI document shows these."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

LONGEST_NAME, LONGEST_REASON = 256, 1000
_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

_Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=_NO_CONTROLS)]
_Given = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=_NO_CONTROLS)]
_Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON, pattern=_NO_CONTROLS)]
_GivenReason = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON, pattern=_NO_CONTROLS)]
_Time = Annotated[_Name, Field(description="ISO 8601, UTC where it names no zone; or -2h, yesterday")]
_Merchant = Annotated[_Name, Field(description="only this merchant's")]


class Said(BaseModel):
    """Nothing but what is known: a misspelt name is a fault, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ShipmentsQuery(Said):
    show: Literal["pending", "at-risk"] = Field(default="pending", description="of these, who is late or will be")
    merchant: _Merchant = ""


class HistoryQuery(Said):
    merchant: Annotated[_Name, Field(description="whose it is; looked up where left out")] = ""
    since: _Time = ""
    until: _Time = ""


class LettersQuery(Said):
    merchant: _Merchant = ""
    limit: int = Field(default=1000, ge=1, le=10_000, description="so many at most, the newest")


class AuditQuery(Said):
    merchant: _Merchant = ""
    since: _Time = ""
    limit: int = Field(default=1000, ge=1, le=10_000, description="so many at most, the newest")


class ChangeBody(Said):
    """Strict: a "false" is no false."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: _Given = Field(description="who asks for it, as the audit is to have it")
    reason: _Reason = Field(default="", description="why")
    dry_run: bool = Field(default=False, description="say what would be done, and change nothing")


class StockChange(ChangeBody):
    location_id: _Name = Field(default="", description="only at this location, by Amazon's name")
    sku: _Name = Field(default="", description="only this SKU, by Amazon's name")


class ZeroStock(StockChange):
    reason: _GivenReason = Field(description="why")


class StartReconcile(Said):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: _Given = Field(description="who asks for it, as the audit is to have it")
    reason: _Reason = Field(default="", description="why")
    merchant_id: _Given
    subject: Literal["stock", "orders", "returns"]
    location_id: _Name = Field(default="", description="only at this location, by Amazon's name")
    repair: bool = Field(default=False, description="have the workers mend what they can")
    rate: float | None = Field(
        default=None, gt=0, le=100, description="calls a second; null: a quarter of the merchant's limit"
    )
    since: Annotated[
        _Name,
        Field(description="of orders, from when on what is over is looked at too: as -2h; a week ago if left out"),
    ] = ""
    wait_s: float | None = Field(
        default=None, gt=0, le=3600, description="seconds that the workers have to mend; null: a minute"
    )

    @field_validator("since")
    @classmethod
    def _is_of_orders(cls, since: str, info: ValidationInfo) -> str:
        if since and info.data.get("subject") not in ("orders", None):
            raise ValueError("it is of orders alone: leave it out")
        return since
