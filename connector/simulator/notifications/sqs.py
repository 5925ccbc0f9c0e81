"""Notifications into a real SQS queue (or one that speaks its API, by AWS_ENDPOINT_URL)."""

import asyncio

from connector.simulator.notifications.delivery import Notify


def sqs_notify(queue_url: str) -> Notify:
    """Region, credentials and endpoint are AWS's own settings. Each message is sent in a thread: boto3 blocks."""
    import boto3  # slow to import: not where nothing is to be notified

    client = boto3.client("sqs")

    async def notify(message: str) -> None:
        await asyncio.to_thread(client.send_message, QueueUrl=queue_url, MessageBody=message)

    return notify
