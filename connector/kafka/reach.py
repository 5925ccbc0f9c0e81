"""The first connection to Kafka: made within seconds, or told why not. Blocks."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connector.errors import ConnectorError, SettingsError
from connector.kafka.connection import librdkafka
from connector.kafka.faults import ClientFaults, explained, unreachable
from connector.settings import KafkaSettings

TRIES_S = (1.0, 1.5)  # in all, with the start of Python, below five seconds


def reach_kafka(kafka: KafkaSettings) -> AdminClient:
    """Raises SettingsError where librdkafka refuses the settings, ConnectorError where no broker lets us in."""
    told = ClientFaults()
    try:
        admin = AdminClient({**librdkafka(kafka), **told.config})
    except KafkaException as refused:
        raise SettingsError([f"CONNECTOR_KAFKA__*: {refused.args[0].str()}"]) from None
    for timeout_s in TRIES_S:
        try:
            brokers = admin.list_topics(timeout=timeout_s).brokers.values()
        except KafkaException:
            admin.poll(0)  # now it tells
            if told.definite:
                break
        else:
            fault = unreachable([(str(broker.host), int(broker.port)) for broker in brokers])
            if fault is not None:
                raise ConnectorError(f"Kafka at {kafka.bootstrap_servers}: {fault}")
            return admin
    raise ConnectorError(f"Kafka at {kafka.bootstrap_servers}: {explained(kafka, told)}")
