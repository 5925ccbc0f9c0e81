"""The image, docker-compose.yml and what it mounts: valid, and naming only what exists. No Docker engine is needed."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from connector.cli import COMMANDS
from connector.merchants import load_merchants
from connector.settings import load_settings
from docs.tables.settings import setting_names
from tests.kit.aws import Aws

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
SPECIFICATION = (
    ROOT / "tests" / "kit" / "compose-spec.json"
)  # the compose specification's own, under compose-spec.LICENSE
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana" / "dashboards" / "connector.json").read_text())
WORKERS = [name for name in SERVICES if name.startswith("worker")]


@pytest.fixture
def worker_environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """As a worker has it: the image's variables, then those of the compose file."""
    image = dict(re.findall(r"(CONNECTOR_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    given: dict[str, str] = image | SERVICES[WORKERS[0]]["environment"]
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def mounted() -> Iterator[tuple[str, Path]]:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                yield name, ROOT / volume.split(":")[0]


def test_it_is_valid_by_the_compose_specification() -> None:
    schema = json.loads(SPECIFICATION.read_text())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(COMPOSE)] == []


def test_every_variable_is_a_setting() -> None:
    named = re.findall(r"CONNECTOR_\w+", (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text())
    assert set(named) <= setting_names()


def test_a_worker_starts_with_these_settings(worker_environment: dict[str, str]) -> None:
    settings = load_settings(dotenv=None)
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.web.host == "0.0.0.0"
    assert settings.documents.url == worker_environment["CONNECTOR_DOCUMENTS__URL"]
    assert f":{settings.web.port}/healthz" in SERVICES[WORKERS[0]]["healthcheck"]["test"][-1]


def test_there_are_two_workers_that_share_nothing() -> None:
    assert len(WORKERS) == 2
    volumes = [{volume for volume in SERVICES[name]["volumes"] if not volume.startswith("./")} for name in WORKERS]
    assert not set.intersection(*volumes)


def test_each_merchant_has_its_refresh_token(worker_environment: dict[str, str]) -> None:
    for merchant in load_merchants(OPS / "merchants.toml"):
        if merchant.refresh_token_env:
            assert worker_environment[merchant.refresh_token_env] == f"Atzr|{merchant.merchant_id}"
        else:
            assert f'Name="{merchant.refresh_token_secret}"' in (OPS / "aws_setup.py").read_text()


def test_the_aws_setup_makes_what_is_named_and_may_run_again(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(OPS)
    from aws_setup import main  # type: ignore[import-not-found]  # a script of the compose file

    main()
    main()
    environment = SERVICES[WORKERS[0]]["environment"]
    queues = aws.client("sqs").list_queues()["QueueUrls"]
    assert [url.rsplit("/", 2)[1:] for url in queues] == [
        environment["CONNECTOR_NOTIFICATIONS__QUEUE_URL"].rsplit("/", 2)[1:]
    ]
    buckets = [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    assert [f"s3://{bucket}" for bucket in buckets] == [environment["CONNECTOR_DOCUMENTS__URL"].rpartition("/")[0]]
    arns = {alias["AliasArn"] for alias in aws.client("kms").list_aliases()["Aliases"]}
    assert {merchant.kms_key_arn for merchant in load_merchants(OPS / "merchants.toml")} - {""} <= arns
    secret = aws.client("secretsmanager").get_secret_value(SecretId="connector/A3EXAMPLE")
    assert secret["SecretString"] == "Atzr|A3EXAMPLE"


@pytest.mark.parametrize(("service", "path"), list(mounted()), ids=str)
def test_what_is_mounted_is_there(service: str, path: Path) -> None:
    assert path.exists(), service


def test_every_command_exists() -> None:
    ours = [service["command"][0] for service in SERVICES.values() if "build" in service and "command" in service]
    assert len(ours) == 4
    assert set(ours) <= COMMANDS.keys()


def test_every_image_has_a_version_and_every_lasting_service_a_health_check() -> None:
    for name, service in SERVICES.items():
        assert "build" in service or re.search(r":v?\d", service["image"]), name
        assert "healthcheck" in service or service["restart"] == "no", name


def test_an_image_without_a_digest_says_so() -> None:
    """A tag may be moved."""
    lines = re.findall(r"image: (.*)", (ROOT / "docker-compose.yml").read_text())
    foreign = [line for line in lines if not line.startswith("smartconnect-connector")]
    assert len(foreign) == sum("build" not in service for service in SERVICES.values()) >= 6
    by_tag = [line for line in foreign if not re.fullmatch(r"\S+:v?\d\S*@sha256:[0-9a-f]{64}", line)]
    assert [line for line in by_tag if not line.endswith("its digest is not known here")] == []


def test_the_registry_keeps_its_schemas_where_the_records_are() -> None:
    """tests/kafka/avro/test_registry_storage.py restarts one that is set so."""
    registry = SERVICES["registry"]
    assert registry["environment"]["APICURIO_STORAGE_KIND"] == "kafkasql"
    assert registry["environment"]["APICURIO_KAFKASQL_BOOTSTRAP_SERVERS"] == "kafka:9092"
    assert registry["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert SERVICES["kafka"]["volumes"] == ["kafka:/var/lib/kafka/data"]


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_image_has_the_versions_that_the_tests_ran_with() -> None:
    tested, runtime, with_iceberg = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-runtime.lock", "requirements-iceberg.lock")
    )
    assert {name: version for name, version in with_iceberg.items() if tested.get(name) != version} == {}
    assert "pyiceberg" in with_iceberg.keys() - runtime.keys()
    assert runtime.items() <= with_iceberg.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[^\w.-]", text)[0] for text in project["dependencies"]}
    assert needed <= set(runtime)


def test_the_dashboard_asks_the_provisioned_source_and_its_panels_do_not_overlap() -> None:
    sources = yaml.safe_load((OPS / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == sources[0]["uid"]
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_prometheus_scrapes_the_workers_and_reads_its_rules() -> None:
    prometheus = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
    targets = prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
    assert targets == [f"{name}:6066" for name in WORKERS]
    assert SERVICES[WORKERS[0]]["environment"]["CONNECTOR_WEB__NAMES"].split(",") == WORKERS
    assert all((OPS / "prometheus" / name).is_file() for name in prometheus["rule_files"])


def test_no_service_may_gain_rights_and_ours_write_into_their_volumes_alone() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert "cap_add" not in service, name
        if "build" in service:
            assert service["read_only"] is True, name
            assert service["tmpfs"] == ["/tmp"], name  # noqa: S108 - the container's
    image = dict(re.findall(r"(CONNECTOR_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    written = (image["CONNECTOR_DATA_DIR"], image["CONNECTOR_DOCUMENTS__URL"].removeprefix("file://"))
    for name in WORKERS:
        places = [volume.split(":")[1] for volume in SERVICES[name]["volumes"] if not volume.endswith(":ro")]
        assert all(any(path.startswith(f"{place}/") for place in places) for path in written), name
