"""AWS on this machine: moto's server (SQS, S3, KMS, Secrets Manager), reached as real clients reach AWS."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
import httpx
from moto.server import ThreadedMotoServer

from tests.kit.kafka.broker import eventually

REGION = "eu-west-1"


@dataclass(frozen=True)
class Aws:
    url: str

    def client(self, service: Any) -> Any:
        """A plain boto3 client: everything comes from the AWS_* variables, as in production."""
        return boto3.client(service)


@contextmanager
def running_aws_server() -> Iterator[str]:
    """Its URL."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line per request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def empty_aws(server_url: str) -> Iterator[Aws]:
    """Sets AWS_ENDPOINT_URL and made-up credentials for the process and its children."""
    httpx.post(f"{server_url}/moto-api/reset").raise_for_status()
    variables = {
        "AWS_ENDPOINT_URL": server_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        with patch.dict(os.environ, variables):
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):  # a developer's own must not leak in
                os.environ.pop(name, None)
            boto3.DEFAULT_SESSION = None  # remembers the credentials of an earlier server
            yield Aws(server_url)
    finally:
        boto3.DEFAULT_SESSION = None


class Queue:
    """Of SQS, new; its name is `notifications`."""

    def __init__(self, aws: Aws, visibility_s: int = 2) -> None:
        self._sqs = aws.client("sqs")
        attributes = {"VisibilityTimeout": str(visibility_s)}
        self.url = str(self._sqs.create_queue(QueueName="notifications", Attributes=attributes)["QueueUrl"])

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def held(self) -> int:
        """Messages that wait or are handed out, not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def wait_empty(self) -> None:
        eventually("the queue is empty", lambda: self.held() == 0)
