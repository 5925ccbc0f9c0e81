"""`connector topics create|check`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import orjson
import typer
from confluent_kafka.admin import AdminClient

from connector.errors import ConnectorError
from connector.kafka import topic_admin
from connector.kafka.connection import librdkafka
from connector.kafka.faults import kafka_faults_told
from connector.settings import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    topics = typer.Typer(help="The Kafka topics that the connector needs.", no_args_is_help=True)
    topics.command()(create)
    topics.command()(check)
    app.add_typer(topics, name="topics")


def create(as_json: Json = False) -> None:
    """Create the topics that are missing, then check all of them."""
    settings = load_settings()
    with _admin(settings) as admin:
        created, faults = topic_admin.create_topics(admin, _wanted(settings))
        failed = {fault.split(":")[0] for fault in faults}
        faults += [
            fault for fault in topic_admin.topic_faults(admin, _wanted(settings)) if fault.split(":")[0] not in failed
        ]
    _tell(as_json, created, faults)


def check(as_json: Json = False) -> None:
    """Say everything that is wrong with the topics; exit code 1 if anything is."""
    settings = load_settings()
    with _admin(settings) as admin:
        faults = topic_admin.topic_faults(admin, _wanted(settings))
    _tell(as_json, [], faults)


def _wanted(settings: Settings) -> list[topic_admin.WantedTopic]:
    return topic_admin.wanted_topics(settings.app_id, settings.kafka.partitions, settings.kafka.replication_factor)


def require_topics(settings: Settings) -> None:
    """Raises ConnectorError: an app on wrong topics would lose state or split a merchant's rate over workers."""
    with _admin(settings) as admin:
        faults = topic_admin.topic_faults(admin, _wanted(settings))
    if faults:
        raise ConnectorError("\n  - ".join(["the topics can't be used:", *faults]))


@contextmanager
def _admin(settings: Settings) -> Iterator[AdminClient]:
    with kafka_faults_told(settings.kafka.bootstrap_servers):
        yield AdminClient({**librdkafka(settings.kafka), "log_level": 0})  # what matters comes as an exception


def _tell(as_json: bool, created: list[str], faults: list[str]) -> None:
    if as_json:
        typer.echo(orjson.dumps({"created": created, "faults": faults}))
    else:
        for name in created:
            typer.echo(f"created {name}")
        for fault in faults:
            typer.echo(fault, err=True)
        if not faults:
            typer.echo("all topics are as they should be")
    if faults:
        raise typer.Exit(1)
