"""What a resource gets of a request, and where it stands in the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.simulator.base.calls import Call
from connector.simulator.base.merchants import Merchant
from connector.simulator.http.answers import Answer, ApiError


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """`now` is monotonic, `wall` epoch seconds; `body` is parsed JSON, None where there was none.

    `origin`: scheme and host as the caller wrote them.
    """

    merchant: Merchant
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    now: float
    wall: float
    call: Call
    origin: str

    def json_object(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise ApiError(400, "The request body must be a JSON object.")
        return self.body


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API; `name` is the operation whose limit it pays. `grantless`: no merchant's token opens it."""

    name: str
    method: str
    path: str
    handle: Callable[[ApiRequest], Answer]
    grantless: bool = False
