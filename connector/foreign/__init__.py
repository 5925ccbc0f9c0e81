"""Errors of others, read: Amazon's, AWS's, Kafka's, the registry's.

Their texts may quote anything: a buyer, a token, an address. So none passes as it is. What goes to logs, results,
alerts and screens is our own words with a code and a request id; a text itself goes to connector.api-calls alone, and
masked (`masking.py`).

    Amazon                   smartconnect/outcomes.py, with `code_of`, `request_id_of` and `masked`
    S3, SQS, other AWS       `aws.py`
    Kafka                    `kafka.py`
    the registry             kafka/avro/registry/client.py, by its error_code
    what libraries log       connector/logs.py, with `masked`
"""
