"""Answers and errors as Amazon shapes them.

Codes and their SC_ numbers: developer-docs.amazon.com, external-fulfillment-errors.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from connector.simulator.base.switches import Switches

SC_CODES = {
    "InternalFailure": "SC_00000",
    "ServiceUnavailable": "SC_00001",
    "InvalidInput": "SC_00002",
    "NotFound": "SC_00003",
    "DuplicateRequest": "SC_00004",
    "Forbidden": "SC_00005",
    "Unauthorized": "SC_00005",
    "RateLimited": "SC_00007",
    "ServerBusy": "SC_10000",
}
STATUS_CODES = {
    400: "InvalidInput",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "DuplicateRequest",
    413: "InvalidInput",
    415: "InvalidInput",
    422: "InvalidInput",
    429: "RateLimited",
    503: "ServiceUnavailable",
}


@dataclass(slots=True)
class Answer:
    """`body` is JSON, or bytes sent as they are; None sends no body.

    `bare`: without Amazon's own headers, as of something that stands before it. `raw`: the whole answer, head and all,
    where no HTTP library would write it; the connection ends with it.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    bare: bool = False
    raw: bytes | None = None


class ApiError(Exception):
    """A refusal, raised anywhere below the server; `code` is the short form."""

    def __init__(
        self, status: int, message: str, *, code: str = "", details: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code or STATUS_CODES.get(status, "InternalFailure")
        self.message = message
        self.details = details
        self.headers = headers or {}


def code_text(code: str, switches: Switches) -> str:
    match switches.codes:
        case "short":
            return code
        case "sc":
            return SC_CODES.get(code, code)
        case "spaced":
            return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code)


def error_answer(error: ApiError, switches: Switches) -> Answer:
    body: dict[str, str] = {"code": code_text(error.code, switches), "message": error.message}
    if error.details:
        body["details"] = error.details
    return Answer(error.status, body if switches.error_body == "flat" else {"errors": [body]}, error.headers)
