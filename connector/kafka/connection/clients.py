"""How the Kafka clients connect, from the settings."""

import logging
import ssl
from collections.abc import Mapping
from typing import Any

from connector.kafka.tokens.choice import token_source
from connector.settings import KafkaSettings

READ_POLL_S = 0.02
"""Of consume() where a log is read to its end: it waits for all of that time, unless as many records come as may."""

CLIENT_LOG = logging.getLogger("librdkafka")
"""Where its clients write their lines, as they are polled; they would go to stderr, past all handlers."""


def librdkafka(kafka: KafkaSettings) -> dict[str, Any]:
    """For confluent-kafka's Producer, Consumer and AdminClient."""
    config: dict[str, Any] = {
        "logger": CLIENT_LOG,
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol,
    }
    if kafka.ca_file is not None:
        config["ssl.ca.location"] = str(kafka.ca_file)
    if kafka.cert_file is not None:
        config["ssl.certificate.location"] = str(kafka.cert_file)
        config["ssl.key.location"] = str(kafka.key_file or kafka.cert_file)
        if password := kafka.key_password.get_secret_value():
            config["ssl.key.password"] = password
    if tokens := token_source(kafka):
        config["sasl.mechanism"] = "OAUTHBEARER"
        config["oauth_cb"] = tokens.for_librdkafka
    elif kafka.security_protocol.startswith("SASL"):
        config["sasl.mechanism"] = kafka.sasl_mechanism
        config["sasl.username"] = kafka.sasl_username
        config["sasl.password"] = kafka.sasl_password.get_secret_value()
    return config


def groupless(config: Mapping[str, Any]) -> dict[str, Any]:
    """For a Consumer of committed records that joins no group and commits nothing: it is told where a log ends."""
    return {
        **config,
        "group.id": "connector-reads-whole-topics",  # librdkafka wants one; it is never joined
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,  # an end is told by the broker's answer, which it holds back for 500 by default
        "isolation.level": "read_committed",
        "log_level": 0,
    }


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """For aiokafka, which Faust drives. None where nothing is encrypted."""
    if not kafka.security_protocol.endswith("SSL"):
        return None
    context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
    if kafka.cert_file is not None:
        context.load_cert_chain(kafka.cert_file, kafka.key_file, kafka.key_password.get_secret_value())
    return context
