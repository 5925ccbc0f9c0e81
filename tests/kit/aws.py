"""AWS on this machine: moto's server (SQS, S3, KMS, Secrets Manager), reached as real clients reach AWS."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from tests.kit.kafka.broker import eventually
from tests.kit.kafka.server import free_port

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


class AwsProcess:
    """The same server as a process: it can be killed, and begins again on the same port, empty."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        with self._log.open("ab") as sink:
            server = [sys.executable, "-m", "moto.server", "--port", str(self._port)]
            self._process = subprocess.Popen(server, stdout=sink, stderr=sink)

    def wait_ready(self) -> None:
        eventually("AWS answers", self._answers, 60)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/moto-api/", timeout=5).is_success
        except httpx.TransportError:
            return False


def empty_aws(server_url: str, patch: pytest.MonkeyPatch) -> Aws:
    """`patch`: what a test itself changes in the environment is undone in one order with this."""
    httpx.post(f"{server_url}/moto-api/reset").raise_for_status()
    use_aws(server_url, patch)
    return Aws(server_url)


def use_aws(server_url: str, patch: pytest.MonkeyPatch) -> None:
    """Sets AWS_ENDPOINT_URL and made-up credentials for the process and its children."""
    variables = {
        "AWS_ENDPOINT_URL": server_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in variables.items():
        patch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):  # a developer's own must not leak in
        patch.delenv(name, raising=False)
    patch.setattr(boto3, "DEFAULT_SESSION", None)  # remembers the credentials of an earlier server


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
        """Messages that wait or are handed out, not deleted. One whose time ends between the two counts is in neither,
        so they are taken twice."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = [
            self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"] for _ in range(2)
        ]
        return max(sum(int(found[name]) for name in names) for found in counts)

    def wait_empty(self) -> None:
        eventually("the queue is empty", lambda: self.held() == 0)
