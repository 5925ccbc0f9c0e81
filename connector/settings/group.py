"""What settings of one kind have in common."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Nested settings; a misspelt variable of a group is a fault, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
