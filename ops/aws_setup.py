"""Makes in moto what docker-compose.yml and ops/merchants.toml name; run again, it changes nothing."""

import boto3


def main() -> None:
    boto3.client("sqs").create_queue(QueueName="notifications")
    s3 = boto3.client("s3")
    if "documents" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    kms = boto3.client("kms")
    if "alias/A2EXAMPLE" not in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]:
        kms.create_alias(AliasName="alias/A2EXAMPLE", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    secrets = boto3.client("secretsmanager")
    if "connector/A3EXAMPLE" not in [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]:
        secrets.create_secret(Name="connector/A3EXAMPLE", SecretString="Atzr|A3EXAMPLE")


if __name__ == "__main__":
    main()
