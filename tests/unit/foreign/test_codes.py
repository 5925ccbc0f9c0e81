"""Codes and request ids pass where they look like what they are."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from confluent_kafka import KafkaError

from connector.foreign.aws import aws_fault
from connector.foreign.codes import code_of, request_id_of
from connector.foreign.kafka import kafka_fault


@pytest.mark.parametrize("code", ["SC00002", "InvalidInput", "AWS.SimpleQueueService.NonExistentQueue", "E-1", "404"])
def test_a_code(code: str) -> None:
    assert code_of(code) == code


@pytest.mark.parametrize(
    "text",
    [
        "Asha Verma",
        "9876543210",
        "+919876543210",
        "a@example.com",
        "example.com",
        "560001",
        "x" * 65,
        "",
        None,
        True,
        {},
    ],
)
def test_no_code(text: object) -> None:
    assert code_of(text) == ""


def test_a_phrase_is_a_code_where_its_words_are_one() -> None:
    assert code_of("Invalid Input", frozenset({"invalidinput"})) == "Invalid Input"


@pytest.mark.parametrize("text", ["of Asha Verma", "a@b", "x" * 101, "a|b"])
def test_no_request_id(text: str) -> None:
    assert request_id_of(text) == ""


def test_of_an_error_of_aws_the_code_and_the_requests_id_are_told() -> None:
    error = ClientError(
        {
            "Error": {"Code": "AccessDenied", "Message": "User Asha of hunter2 may not"},
            "ResponseMetadata": {
                "RequestId": "ABC123",
                "HTTPStatusCode": 403,
                "HTTPHeaders": {},
                "RetryAttempts": 0,
                "HostId": "h",
            },
        },
        "PutObject",
    )
    assert aws_fault(error) == "AccessDenied (request ABC123)"


def test_what_the_client_says_by_itself_quotes_no_url() -> None:
    assert "example" not in aws_fault(EndpointConnectionError(endpoint_url="https://user:pw@example.com"))
    assert "AWS_ACCESS_KEY_ID" in aws_fault(NoCredentialsError())


def test_of_an_error_of_kafka_the_code_alone_is_told() -> None:
    assert kafka_fault(KafkaError(KafkaError._TRANSPORT, "hunter2")) == "_TRANSPORT (Local: Broker transport failure)"
