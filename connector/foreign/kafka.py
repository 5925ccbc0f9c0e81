"""What librdkafka and, through it, brokers say of an error."""

from confluent_kafka import KafkaError


def kafka_fault(error: KafkaError) -> str:
    """By its code alone: librdkafka's own words for that, never the broker's."""
    return f"{error.name()} ({KafkaError(error.code()).str()})"
