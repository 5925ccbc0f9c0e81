"""The first connection to Kafka: made within seconds, or told why not. Blocks."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata  # type: ignore[attr-defined]  # it marks no re-exports

from connector.errors import ConnectorError, SettingsError
from connector.foreign.masking import masked
from connector.kafka.connection.clients import librdkafka
from connector.kafka.connection.faults import ClientFaults, explained, other_protocol, unreachable
from connector.kafka.tokens.choice import token_source
from connector.settings import KafkaSettings

REQUEST_TIMEOUT_S = 10.0
TRIES_S = (1.0, 1.5)  # in all, with the start of Python, below five seconds


def reach_kafka(kafka: KafkaSettings) -> AdminClient:
    """Raises SettingsError where librdkafka refuses the settings, ConnectorError where no broker lets us in or no token
    can be had."""
    admin, _ = _reached(kafka)
    return admin


def topic_partitions(kafka: KafkaSettings) -> dict[str, int]:
    """Of each topic how many, as Kafka tells with its first answer. Raises as reach_kafka."""
    _, first = _reached(kafka)
    return {name: len(topic.partitions) for name, topic in first.topics.items()}


def _reached(kafka: KafkaSettings) -> tuple[AdminClient, ClusterMetadata]:
    told = ClientFaults()
    if tokens := token_source(kafka):
        tokens.current()
    try:
        admin = AdminClient({**librdkafka(kafka), **told.config})
    except KafkaException as refused:
        raise SettingsError([f"CONNECTOR_KAFKA__*: {masked(refused.args[0].str())}"]) from None
    for timeout_s in TRIES_S:
        try:
            first = admin.list_topics(timeout=timeout_s)
        except KafkaException:
            admin.poll(0)  # now it tells
            if told.definite or other_protocol(kafka, told):
                break
        else:
            fault = unreachable([(str(broker.host), int(broker.port)) for broker in first.brokers.values()])
            if fault is not None:
                raise ConnectorError(f"Kafka at {kafka.bootstrap_servers}: {fault}")
            return admin, first
    raise ConnectorError(f"Kafka at {kafka.bootstrap_servers}: {explained(kafka, told)}")


def members_of(kafka: KafkaSettings, group: str) -> list[str]:
    """The hosts of the workers that the group knows, among them those that ended without a word a moment ago."""
    admin = reach_kafka(kafka)  # held, for a future of a client that is gone never ends
    described = admin.describe_consumer_groups([group], request_timeout=REQUEST_TIMEOUT_S)[group].result()
    return sorted(f"{member.group_instance_id or member.client_id} at {member.host}" for member in described.members)
