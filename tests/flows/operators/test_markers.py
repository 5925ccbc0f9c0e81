"""What secrets and buyers' data come out of, searched whole: logs at DEBUG, status, metrics, topics, commands."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from connector.kafka.avro.codec import BadRecord
from tests.kit.flows.commands import done, run
from tests.kit.flows.markers import (
    BUYERS,
    QUOTED,
    SECRETS,
    QuotingAws,
    error,
    json_answer,
    parts,
    places,
    running_quoting_aws,
    shipment,
)
from tests.kit.flows.odd_amazon import AskedItem, HttpAnswer, OddAmazon, running_odd_amazon
from tests.kit.flows.orders import Command, send
from tests.kit.flows.stock import A, B, results_of, start_worker_with, stock_seller
from tests.kit.flows.world import NewWorld, World, wall_ms
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

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


@pytest.fixture
def aws() -> Iterator[QuotingAws]:
    with running_quoting_aws() as aws:
        yield aws


def item(sku: str, status: int, **body: Any) -> HttpAnswer:
    level = {"locationId": "EXMF", "skuId": sku, **body}
    return json_answer({"responses": [{"status": {"statusCode": status, "reasonPhrase": QUOTED}, "body": level}]}, 207)


PACKED = {"status": "PACKAGE_CREATED", "packages": [{"id": "P1", "packageLineItems": []}]}
SHIPMENTS: dict[str, dict[str, Any]] = {
    "S1": {"earliestPackDateTime": QUOTED, "charges": QUOTED},
    "S-gift": {"lineItems": [{**shipment()["lineItems"][0], "giftAttributes": {"giftMessage": {"content": QUOTED}}}]},
    "S-elsewhere": PACKED,
    "S-forbidden": PACKED,
}


def orders(amazon: OddAmazon, path: str) -> HttpAnswer | None:
    *_, parent, name = path.split("/")
    if name == "token":
        return json_answer({"access_token": SECRETS["access token"], "expires_in": 3600})
    if name == "shipments":
        odd = {"id": "S2", "status": QUOTED, "lastUpdatedDateTime": QUOTED}
        return json_answer({"shipments": [odd, *(shipment(id=one) for one in SHIPMENTS)]})
    if name in SHIPMENTS:
        return json_answer(shipment(id=name, **SHIPMENTS[name]))
    if name == "shipLabels":
        host = amazon.url if parent == "S-forbidden" else "https://files.example.com"
        url = f"{host}/labels/{quote(QUOTED)}.pdf?X-Amz-Signature={quote(QUOTED)}"
        return json_answer({"packageShipLabelList": [{"packageId": "P1", "fileData": {"url": url}}]})
    if parent == "labels":
        return error(403)
    return error(400) if "/returns" in path else None


def told_by(world: World, *arguments: str, **env: str) -> str:
    ran = run(world, *arguments, **env)
    return ran.out + ran.err


def all_in(text: str, words: Sequence[str]) -> str:
    """The text where it has them all, else nothing."""
    return text if all(word in text for word in words) else ""


def readable(world: World, topic: str) -> Iterator[dict[str, Any]]:
    """But for what strangers put there: the connector's own are all."""
    for message in world.broker.consume(topic):
        try:
            yield world.codec.decode(topic, message.value())
        except BadRecord:
            continue


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


def start_worker_among(world: World, amazon: OddAmazon, aws: QuotingAws) -> Process:
    with (world.directory / "merchants.toml").open("a") as file:
        file.write(
            f'[[merchants]]\nmerchant_id = "{B}"\nmarketplace_id = "A21TJRUUN4KGV"\nrefresh_token_secret = "token"\n'
            '[[merchants.locations]]\nlocation_id = "EXB"\nprogram = "SELF_SHIP"\n'
        )
    return start_worker_with(
        world,
        amazon,
        CONNECTOR_LOG_LEVEL="DEBUG",
        CONNECTOR_SMARTCONNECT__CLIENT_SECRET=SECRETS["client secret"],
        **of_aws(aws),
        **{f"LWA_{A}": SECRETS["refresh token"]},
    )


def of_aws(aws: QuotingAws) -> dict[str, str]:
    return {
        "CONNECTOR_NOTIFICATIONS__QUEUE_URL": f"{aws.url}/123456789012/notifications",
        "CONNECTOR_DOCUMENTS__URL": "s3://documents",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "AKIDINVENTED",
        "AWS_SECRET_ACCESS_KEY": SECRETS["AWS secret"],
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def write_whole(file: Path, text: str) -> None:
    """No reader sees a part of it."""
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


def break_merchants(world: World, worker: Process) -> Iterator[str]:
    """What `merchants check` says of a file that holds what it must not, as TOML and as values."""
    file = world.directory / "merchants.toml"
    good, token = file.read_text(), SECRETS["refresh token"]

    def is_refused(number: int) -> bool:
        return worker.log.read_text().count("is refused") >= number

    values = (
        *(f'refresh_token_env = "{token}"', f'refresh_token_file = "{token}"', f'refresh_token_secret = "{token}"'),
        *(f'mode = "{QUOTED}"', f'merchant_id = "|{QUOTED}"', f'poll_interval_s = "{QUOTED}"'),
    )
    for number, lines in enumerate((f"refresh_token = {token}", "\n".join(values)), 1):
        write_whole(file, f"[[merchants]]\n{lines}\n{good}")
        yield told_by(world, "merchants", "check")
        eventually(f"version {number} of the file is refused", partial(is_refused, number), 30)
    write_whole(file, good)


def test_no_marker_comes_out_but_where_it_belongs(new_world: NewWorld, amazon: OddAmazon, aws: QuotingAws) -> None:
    seller = stock_seller()
    world = new_world([type(seller)(A, locations=seller.locations, limits=seller.limits)])
    amazon.elsewhere = partial(orders, amazon)
    answers = {
        "s-400": error(400),
        "s-item": item("s-item", 400, errors=[{"code": QUOTED, "message": QUOTED}]),
        "s-listing": item("s-listing", 400, actionableErrors=[{"errorType": QUOTED, "errorDescription": QUOTED}]),
        "s-500": error(503, "ServiceUnavailable"),
    }

    def answered(asked: AskedItem) -> HttpAnswer:
        return answers[asked.sku]

    amazon.odd = dict.fromkeys(answers, answered)
    worker = start_worker_among(world, amazon, aws)
    world.produce([world.update(A, sku, 5, number, "WH2") for number, sku in enumerate(answers)])
    produce_broken(world)
    refused = ("s-400", "s-item", "s-listing")
    eventually("the refused are told", lambda: all(results_of(world, sku) for sku in refused), 90)
    eventually("the unreadable are dead letters", lambda: len(world.published("connector.dead-letters")) >= 10, 90)
    eventually("the orders are told", lambda: len(world.published("amazon.orders")) >= 3, 90)
    labels = [Command(f"label {one}", A, one, "GenerateShipLabels") for one in ("S-elsewhere", "S-forbidden")]
    send(world, [*labels, Command("read it", A, "S-gift", "Refresh")])
    eventually("the refused list is told", lambda: "returns" in str(world.published("connector.api-calls")), 90)
    eventually("a label is refused", lambda: world.published("connector.command-results"), 90)
    broken = "\n".join(break_merchants(world, worker))
    eventually("AWS has said all that it can", lambda: aws.told_all("ReceiveMessage", "PUT"), 90)
    alerts = ("DOCUMENTS_NOT_STORED", "SUSPENDED")
    told = eventually("alerts", lambda: all_in(told_by(world, "alerts", "list", "--json"), alerts), 90)

    shown = {
        "log": worker.log.read_text(),
        "metrics": worker.metrics(),
        "/status": httpx.get(f"{worker.web_url}/status", timeout=30).text,
        "status": done(world, "status", "--json", "--worker", worker.web_url).out,
        "alerts": told,
        "letters": told_by(world, "dead-letters", "list", "--json"),
        "purge": told_by(world, "purge", "--merchant", "M9"),
        "purge, of S3": "\n".join(told_by(world, "purge", "--merchant", "M9", **of_aws(aws)) for _ in range(2)),
        "merchants check": told_by(world, "merchants", "check", **of_aws(aws)) + broken,
        **{t: "\n".join(without_raw(t, record) for record in readable(world, t)) for t in SEARCHED},
    }
    markers = parts(BUYERS | SECRETS)
    found = [(place, around) for place, text in shown.items() for around in places(text, markers)]
    assert found == []
    events = b"".join(message.value() or b"" for message in world.broker.consume("amazon.orders"))
    assert not [part for part in parts(SECRETS) if part.encode() in events], "events tell of buyers, and of no secret"
    assert "[removed]" in shown["connector.api-calls"], "there the text is, masked"
    assert "request-1" in shown["connector.inventory-results"]
    assert "AccessDenied" in shown["log"], "AWS's codes are told"
    assert "AccessDenied" in shown["purge, of S3"]
