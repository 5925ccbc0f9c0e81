"""The label files behind presigned URLs, as S3 serves them: no token needed, gone after a while."""

import secrets
from dataclasses import dataclass

from connector.simulator.amazon.files import CONTENT_TYPES
from connector.simulator.amazon.shipments.shipments import Label
from connector.simulator.http.answers import Answer
from connector.simulator.http.operations import ApiRequest

LABEL_PATH = "/labels/{name}"


@dataclass(frozen=True, slots=True)
class Signed:
    merchant_id: str
    label: Label
    expires_at: float


class LabelFiles:
    def __init__(self) -> None:
        self._signed: dict[str, Signed] = {}

    def presign(self, request: ApiRequest, label: Label, ttl_s: float) -> str:
        """A URL on the host that the caller used; the file stays as it is now, whatever is generated later."""
        name = secrets.token_urlsafe(16)
        self._signed[name] = Signed(request.merchant.merchant_id, label, request.now + ttl_s)
        return f"{request.origin}{LABEL_PATH.format(name=name)}?X-Amz-Expires={int(ttl_s)}"

    def merchant_of(self, name: str) -> str:
        return self._signed[name].merchant_id if name in self._signed else ""

    def read(self, name: str, now: float) -> Answer:
        signed = self._signed.get(name)
        if signed is None or signed.expires_at <= now:
            error = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            return Answer(403, error, {"Content-Type": "application/xml"})
        return Answer(200, signed.label.content, {"Content-Type": CONTENT_TYPES[signed.label.format]})
