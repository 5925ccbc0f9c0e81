"""What librdkafka raises, as one line for an operator."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException

from connector.errors import ConnectorError


@contextmanager
def kafka_faults_told(bootstrap_servers: str) -> Iterator[None]:
    """Raises ConnectorError naming the settings to look at."""
    try:
        yield
    except KafkaException as error:
        raise ConnectorError(f"Kafka at {bootstrap_servers}: {error.args[0].str()}; see CONNECTOR_KAFKA__*") from None
