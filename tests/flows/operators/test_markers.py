"""What secrets and buyers' data come out of, searched whole: logs at DEBUG, status, metrics, topics, commands."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from connector.kafka.avro.codec import BadRecord
from tests.kit.flows.commands import done, run
from tests.kit.flows.markers import BUYERS, QUOTED, SECRETS, error, json_answer, parts, shipment
from tests.kit.flows.odd_amazon import AskedItem, HttpAnswer, OddAmazon, running_odd_amazon
from tests.kit.flows.stock import A, results_of, start_worker_with, stock_seller
from tests.kit.flows.world import NewWorld, World, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

RAW = {  # what keeps what others wrote as it came, for whoever may read that topic
    "connector.dead-letters": {"key", "value", "headers"},
    "connector.notifications": {"raw"},
    "connector.api-calls": {"asked", "answer", "step"},
}
SEARCHED = (
    *("connector.inventory-results", "connector.command-results", "connector.alerts", "connector.internal-commands"),
    *RAW,
)


@pytest.fixture
def amazon() -> Iterator[OddAmazon]:
    with running_odd_amazon() as amazon:
        yield amazon


def item(sku: str, status: int, **body: Any) -> HttpAnswer:
    level = {"locationId": "EXMF", "skuId": sku, **body}
    return json_answer({"responses": [{"status": {"statusCode": status, "reasonPhrase": QUOTED}, "body": level}]}, 207)


def orders(path: str) -> HttpAnswer | None:
    if path.endswith("/token"):
        return json_answer({"access_token": SECRETS["access token"], "expires_in": 3600})
    if path.endswith("/shipments"):
        return json_answer({"shipments": [shipment(), {"id": "S2", "status": QUOTED, "lastUpdatedDateTime": QUOTED}]})
    if path.endswith("/shipments/S1"):
        return json_answer(shipment(earliestPackDateTime=QUOTED, charges=QUOTED))
    return error(400) if "/returns" in path else None


def told_by(world: World, *arguments: str) -> str:
    ran = run(world, *arguments)
    return ran.out + ran.err


def readable(world: World, topic: str) -> Iterator[dict[str, Any]]:
    """But for what strangers put there: the connector's own are all."""
    for message in world.broker.consume(topic):
        try:
            yield world.codec.decode(topic, message.value())
        except BadRecord:
            continue


def places(text: str, markers: Sequence[str]) -> list[int]:
    """Where the first of each marker is."""
    return [at for marker in markers if (at := text.find(marker)) >= 0]


def without_raw(topic: str, record: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in record.items() if name not in RAW.get(topic, ())}, default=str)


def produce_broken(world: World) -> None:
    for topic in ("oms.inventory", "oms.order-commands", "connector.notifications", "connector.internal-commands"):
        world.broker.produce(topic, [(A, QUOTED.encode()), (A, b"\xc3\x01" + QUOTED.encode()), ("M9", b"\x00" * 5)])
    raw = json.dumps({"notificationType": "X", "payload": QUOTED})
    for text in (raw, QUOTED):
        empty = dict.fromkeys(("notification_type", "shipment_id", "location_id", "channel_name", "status"), "")
        told = {**empty, "notification_id": "n", "merchant_id": A, "raw": text, "received_at": wall_ms()}
        value = world.codec.encode("connector.notifications", told)
        world.broker.produce("connector.notifications", [(A, value)])


def test_no_marker_comes_out_but_where_it_belongs(new_world: NewWorld, amazon: OddAmazon) -> None:
    seller = stock_seller()
    world = new_world([type(seller)(A, locations=seller.locations, limits=seller.limits)])
    amazon.elsewhere = orders
    answers = {
        "s-400": error(400),
        "s-item": item("s-item", 400, errors=[{"code": QUOTED, "message": QUOTED}]),
        "s-listing": item("s-listing", 400, actionableErrors=[{"errorType": QUOTED, "errorDescription": QUOTED}]),
        "s-500": error(503, "ServiceUnavailable"),
    }

    def answered(asked: AskedItem) -> HttpAnswer:
        return answers[asked.sku]

    amazon.odd = dict.fromkeys(answers, answered)
    worker = start_worker_with(
        world,
        amazon,
        CONNECTOR_LOG_LEVEL="DEBUG",
        CONNECTOR_SMARTCONNECT__CLIENT_SECRET=SECRETS["client secret"],
        AWS_SECRET_ACCESS_KEY=SECRETS["AWS secret"],
        **{f"LWA_{A}": SECRETS["refresh token"]},
    )
    world.produce([world.update(A, sku, 5, number, "WH2") for number, sku in enumerate(answers)])
    produce_broken(world)
    refused = ("s-400", "s-item", "s-listing")
    eventually("the refused are told", lambda: all(results_of(world, sku) for sku in refused), 90)
    eventually("the unreadable are dead letters", lambda: len(world.published("connector.dead-letters")) >= 10, 90)
    eventually("the order is told", lambda: world.published("amazon.orders"), 90)
    eventually("the refused list is told", lambda: "returns" in str(world.published("connector.api-calls")), 90)

    shown = {
        "log": worker.log.read_text(),
        "metrics": worker.metrics(),
        "/status": httpx.get(f"{worker.web_url}/status", timeout=30).text,
        "status": done(world, "status", "--json", "--worker", worker.web_url).out,
        "alerts": told_by(world, "alerts", "list", "--json"),
        "letters": told_by(world, "dead-letters", "list", "--json"),
        "purge": told_by(world, "purge", "--merchant", "M9"),
        **{t: "\n".join(without_raw(t, record) for record in readable(world, t)) for t in SEARCHED},
    }
    markers = parts(BUYERS | SECRETS)
    found = [(place, text[max(at - 300, 0) : at + 60]) for place, text in shown.items() for at in places(text, markers)]
    assert found == []
    events = b"".join(message.value() or b"" for message in world.broker.consume("amazon.orders"))
    assert not [part for part in parts(SECRETS) if part.encode() in events], "events tell of buyers, and of no secret"
    assert "[removed]" in shown["connector.api-calls"], "there the text is, masked"
    assert "request-1" in shown["connector.inventory-results"]
