"""What Amazon wrote in a shape that can't be read, kept as it came."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UnreadableFact:
    """A side fact of the object with this id: `name` is its path in Amazon's JSON, `raw` its JSON text, cut to size."""

    object_id: str
    name: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """An item of a list that lacks what matters. `version`: a digest of it."""

    object_id: str
    version: str
