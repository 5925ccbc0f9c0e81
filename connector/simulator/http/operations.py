"""What a resource gets of a request, and where it stands in the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.simulator.base.calls import Call
from connector.simulator.base.merchants import Merchant
from connector.simulator.http.answers import Answer, ApiError

_PASSING = frozenset(
    {
        "lastUpdatedAfter",
        "lastUpdatedBefore",
        "lastUpdatedSince",
        "lastUpdatedUntil",
        "createdSince",
        "createdUntil",
        "paginationToken",
        "nextToken",
        "maxResults",
    }
)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """`now` is monotonic, `wall` epoch seconds; `body` is parsed JSON, None where there was none.

    `origin`: scheme and host as the caller wrote them. `target`: merchant, operation, and what is asked for, the same
    whenever it is: no windows, tokens and quantities.
    """

    merchant: Merchant
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    now: float
    wall: float
    call: Call
    origin: str
    target: tuple[str, str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", self._target())

    def _target(self) -> tuple[str, str, str]:
        path = self.call.path.partition("?")[0]
        query = [f"{name}={value}" for name, value in sorted(self.query.items()) if name not in _PASSING]
        items = self.body.get("requests") if isinstance(self.body, dict) else None
        uris = [str(item.get("uri")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return self.merchant.merchant_id, self.call.operation, " ".join((self.call.method, path, *query, *uris))

    def json_object(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise ApiError(400, "The request body must be a JSON object.")
        return self.body


Handle = Callable[[ApiRequest], Answer]
Layer = Callable[[ApiRequest, Handle], Answer]
"""Stands before a handle: answers in its place, or changes what it is asked or answers."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API; `name` is the operation whose limit it pays. `grantless`: no merchant's token opens it."""

    name: str
    method: str
    path: str
    handle: Handle
    grantless: bool = False
