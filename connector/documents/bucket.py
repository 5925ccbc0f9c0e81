"""Documents in an S3 bucket. Region, credentials and endpoint are AWS's own settings."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connector.errors import ConnectorError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef, PutObjectRequestTypeDef

MOST_REMOVED = 1000  # of one call

_CLIENT = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})


class DamagedObject(BotoCoreError):
    fmt = "s3://{bucket}/{key} does not hold what was written to it"


class Bucket:
    """`prefix` is empty, or ends with a slash."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        try:
            self._s3 = boto3.client("s3", config=_CLIENT)
        except ValueError:  # boto3's own, whose text quotes it
            raise ConnectorError("S3 can't be used: AWS_ENDPOINT_URL is no URL") from None

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:
        """The object's URI. Raises ClientError or BotoCoreError. S3 checks the sum, then we do."""
        key = self._prefix + name
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        request: PutObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": key,
            "Body": content,
            "ContentType": content_type,
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": checksum,
        }
        if kms_key_arn:
            request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_arn, "BucketKeyEnabled": True}
        self._s3.put_object(**request)
        held = self._s3.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        encrypted = not kms_key_arn or held.get("ServerSideEncryption") == "aws:kms"
        if (held["ContentLength"], held.get("ChecksumSHA256"), encrypted) != (len(content), checksum, True):
            raise DamagedObject(bucket=self._bucket, key=key)
        return f"s3://{self._bucket}/{key}"

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Names that begin so, and when each was written (epoch ms). Raises ClientError or BotoCoreError."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)
        for page in pages:
            for held in page.get("Contents", []):
                yield held["Key"].removeprefix(self._prefix), round(held["LastModified"].timestamp() * 1000)

    def remove(self, names: Iterable[str]) -> None:
        """Of a bucket with versions, the versions stay: it needs a rule of its own for those. Raises ClientError or
        BotoCoreError."""
        keys = [self._prefix + name for name in names]
        for begin in range(0, len(keys), MOST_REMOVED):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[begin : begin + MOST_REMOVED]]
            answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            for error in answer.get("Errors", []):
                raise ClientError({"Error": {"Code": str(error.get("Code", ""))}}, "DeleteObjects")

    def read(self, uri: str) -> bytes:
        """Raises ClientError or BotoCoreError; ValueError for a URI that is not below the prefix."""
        url = urlsplit(uri)
        key = url.path.removeprefix("/")
        if (url.scheme, url.netloc) != ("s3", self._bucket) or not key.startswith(self._prefix):
            raise ValueError(f"it is not below s3://{self._bucket}/{self._prefix}")
        return self.read_named(key.removeprefix(self._prefix))

    def read_named(self, name: str) -> bytes:
        """Raises ClientError or BotoCoreError."""
        return self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
