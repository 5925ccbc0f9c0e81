"""Things that nobody may read in passing: each is unlike all else, so that it is found wherever it comes out."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.kit.aws import Aws
from tests.kit.cases import read_case
from tests.kit.flows.odd_amazon import HttpAnswer
from tests.kit.http.aws import AwsProxy, Forward, Request, Response

SECRETS = {
    "client secret": "Mkclientsecret",
    "refresh token": "Atzr|Mkrefresh",
    "access token": "Atza|Mkaccess",
    "AWS secret": "Mkawssecret",
}
BUYERS = {
    "name": "Mkasha Mkverma",
    "local phone": "9871236540",
    "spaced phone": "98712 36541",
    "phone": "+91 98712 36542",
    "mail": "mkbuyer@example.com",
    "street": "77 Mkstreet Marg",
    "town": "Mktown",
    "postcode": "560977",
    "gift message": "Mkhappy Mkbirthday",
}
QUOTED = "; ".join(("no delivery to", *BUYERS.values(), "with", *SECRETS.values()))
"""An error's text that quotes them all."""


def parts(markers: dict[str, str]) -> list[str]:
    """What of them can be looked for by itself, however a text was cut."""
    return [part for marker in markers.values() for part in (marker, *marker.split()) if len(part) > 4]


CLOCKS_AND_IDS = re.compile(
    r"\b(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z?|1\d{12}|1\.\d+e\+09"  # ISO, epoch milliseconds, epoch seconds
    r"|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"
)
"""Whole, in the connector's own texts: a microsecond or an id may have the digits of a telephone in it."""


def places(text: str, markers: Sequence[str]) -> list[str]:
    """What stands around the first of each marker."""
    searched = CLOCKS_AND_IDS.sub("[clock or id]", text)
    found = [at for marker in markers if (at := searched.find(marker)) >= 0]
    return [searched[max(at - 300, 0) : at + 60] for at in found]


def error(status: int, code: str = "InvalidInput") -> HttpAnswer:
    body = {"errors": [{"code": code, "message": QUOTED, "details": QUOTED}]}
    return json_answer(body, status)


def json_answer(body: Any, status: int = 200) -> HttpAnswer:
    headers = {"content-type": "application/json", "x-amzn-requestid": "request-1"}
    return HttpAnswer(status, headers, json.dumps(body).encode())


def shipment(**broken: Any) -> dict[str, Any]:
    """With buyers' data in it, and what can't be read where `broken` says so."""
    body: dict[str, Any] = json.loads(json.dumps(read_case("amazon/side-fact-unreadable")["body"]))
    body["shippingInfo"]["shipToAddress"] = {
        "name": BUYERS["name"],
        "addressLine1": BUYERS["street"],
        "city": BUYERS["town"],
        "postalCode": BUYERS["postcode"],
        "phone": BUYERS["phone"],
        "emailId": BUYERS["mail"],
    }
    return body | broken


_BLURB = QUOTED.encode()
_TRACED = {"x-amzn-requestid": QUOTED, "x-amz-request-id": QUOTED, "x-amz-id-2": QUOTED}
_JSON = {**_TRACED, "content-type": "application/x-amz-json-1.0"}
_XML = {**_TRACED, "content-type": "application/xml"}
_PAGE = Response(503, {**_TRACED, "content-type": "text/html"}, b"<html>%b</html>" % _BLURB)
_MESSAGE = {"MessageId": "1", "ReceiptHandle": QUOTED, "Body": QUOTED}
_NOT_DELETED = {"Id": "0", "SenderFault": True, "Code": QUOTED, "Message": QUOTED}


def _json_fault(code: str) -> Response:
    told = {"__type": f"com.amazonaws#{code}", "message": QUOTED, "Message": QUOTED, "Code": code}
    return Response(400, _JSON, json.dumps(told).encode())


def _xml_fault(status: int, code: str) -> Response:
    quoted = "".join(f"<{name}>{QUOTED}</{name}>" for name in ("Message", "Resource", "Key", "Endpoint", "RequestId"))
    return Response(status, _XML, f"<Error><Code>{code}</Code>{quoted}<HostId>{QUOTED}</HostId></Error>".encode())


def _json_of(body: dict[str, Any]) -> Response:
    return Response(200, _JSON, json.dumps(body).encode())


_JSON_FAULTS = (_json_fault("AccessDenied"), _json_fault(QUOTED), _PAGE, Response(200, _JSON, _BLURB))
_REDIRECT = Response(301, {**_XML, "x-amz-bucket-region": QUOTED}, _xml_fault(301, "PermanentRedirect").body)
_ANSWERS: dict[str, Sequence[Response]] = {
    "ReceiveMessage": (*_JSON_FAULTS, _json_of({"Messages": [_MESSAGE]})),
    "DeleteMessageBatch": (_json_of({"Failed": [_NOT_DELETED], "Successful": []}), *_JSON_FAULTS),
    "GetSecretValue": (*_JSON_FAULTS, _json_of({"SecretString": QUOTED})),
    "GET": (_xml_fault(403, "AccessDenied"), Response(200, _XML, _BLURB), _xml_fault(400, QUOTED)),
    "PUT": (_xml_fault(403, "AccessDenied"), _REDIRECT, _xml_fault(400, QUOTED), _PAGE),
}


class QuotingAws:
    """SQS, S3 and Secrets Manager, and what stands before them: each request is answered by another fault, and each of
    them quotes all that it can. `told`: answers by SQS's and Secrets Manager's action, or S3's method."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.url = ""

    def answer(self, request: Request, _: Forward) -> Response:
        what = request.action or request.method
        answers = _ANSWERS.get(what, [_PAGE])
        self.told[what] += 1
        response = answers[(self.told[what] - 1) % len(answers)]
        return Response(response.status, dict(response.headers), response.body)

    def told_all(self, *whats: str) -> bool:
        return all(self.told[what] >= len(_ANSWERS[what]) for what in whats)


@contextmanager
def running_quoting_aws() -> Iterator[QuotingAws]:
    aws = QuotingAws()
    proxy = AwsProxy(Aws(""), aws.answer)
    aws.url = proxy.url
    try:
        yield aws
    finally:
        proxy.close()
