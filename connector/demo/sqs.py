"""An SQS queue for the demo where moto is installed (it is with the development dependencies)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

ACCESS = {
    "AWS_ACCESS_KEY_ID": "demo",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def sqs_queue() -> Iterator[str]:
    """Its URL, or "" where there is no moto: then orders are found by polling alone."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        yield ""
        return
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ.update({**ACCESS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"})
    try:
        yield boto3.client("sqs").create_queue(QueueName="notifications")["QueueUrl"]
    finally:
        server.stop()
