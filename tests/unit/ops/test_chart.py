"""The Helm chart, by the plain manifests that are made of it: what runs, as whom, who restarts it and by which sign."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from connector.merchants import parse_merchants
from connector.settings import Settings, load_settings, secrets, variables
from connector.web.server import HEALTH, LIVENESS
from connector.worker import END_WITHIN_S
from release.locks import ROOT
from release.manifests import CHART, MANIFESTS, RENDER, VALUES, heading

SCHEMA = Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))
IMAGE = (ROOT / "Dockerfile").read_text()
OBJECTS: dict[str, dict[str, Any]] = {each["kind"]: each for each in yaml.safe_load_all(MANIFESTS.read_text())}
POD: dict[str, Any] = OBJECTS["StatefulSet"]["spec"]["template"]
SPEC: dict[str, Any] = POD["spec"]
(WORKER,) = SPEC["containers"]
CONTAINERS = [*SPEC["initContainers"], WORKER]

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="needs helm; the manifests made of it are tested")


def render(*changes: str) -> subprocess.CompletedProcess[str]:
    changed = [word for change in changes for word in ("--set", change)]
    return subprocess.run([*RENDER, *changed], capture_output=True, text=True, timeout=120, check=False)


def test_the_manifests_are_of_this_chart() -> None:
    """To mend it: make manifests."""
    assert MANIFESTS.read_text().startswith(heading())


@needs_helm
def test_the_manifests_are_as_the_chart_makes_them() -> None:
    made = render()
    assert {each["kind"]: each for each in yaml.safe_load_all(made.stdout)} == OBJECTS, made.stderr


@needs_helm
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("image.repository=", "image.repository"),
        ("replicas=13", "there are 12 partitions"),
        ("documents.url=", "documents: give either"),
        ("documents.existingClaim=shared", "documents: give either"),
        ("merchants.existingConfigMap=merchants", "merchants: give either"),
        ("replica=2", "replica"),
        ("settings.CONNECTOR_SMARTCONNECT__CLIENT_SECRET=s3cret", "CONNECTOR_SMARTCONNECT__CLIENT_SECRET"),
    ],
)
def test_what_can_not_work_is_not_installed(change: str, told: str) -> None:
    refused = render(change)
    assert refused.returncode != 0
    assert told in refused.stderr


@needs_helm
@pytest.mark.parametrize(
    ("change", "rendered"),
    [
        ("settings.CONNECTOR_POLLING__LOOK_BACK_S=1000000", '"1000000"'),
        ("image.digest=sha256:" + "a" * 64, "smartconnect-connector@sha256:aaaa"),
        ("settings.CONNECTOR_WEB__NAMES=a.example.com", ".svc,a.example.com"),
        ("networkPolicy.egress[0].ports[0].port=443", "- Egress"),
    ],
)
def test_what_may_be_changed(change: str, rendered: str) -> None:
    assert rendered in render(change).stdout


def test_the_values_fit_their_schema_and_secrets_are_references() -> None:
    defaults, example = (yaml.safe_load(file.read_text()) for file in (CHART / "values.yaml", VALUES))
    assert list(SCHEMA.iter_errors(defaults)) == list(SCHEMA.iter_errors(example)) == []
    assert not SCHEMA.is_valid({"replica": 2})
    schema: Any = SCHEMA.schema
    assert schema["definitions"]["secretSetting"]["enum"] == secrets(Settings)
    for name in secrets(Settings):
        assert not SCHEMA.is_valid({"settings": {name: "s3cret"}})
        assert SCHEMA.is_valid({"secrets": {name: {"name": "a", "key": "b"}}})


def test_templates_use_values_that_there_are() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    templates = "".join(file.read_text() for file in (CHART / "templates").iterdir())
    used = set(re.findall(r"\.Values((?:\.\w+)+)", templates))
    assert len(used) > 20
    for path in used:
        found: Any = defaults
        for name in path.strip(".").split("."):
            if path.startswith(".settings.CONNECTOR_"):
                assert path.removeprefix(".settings.") in variables(Settings)
                break
            found = found[name]


def test_chart_and_package_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert chart["appVersion"] == version
    assert chart["version"] == version.replace(".dev", "-dev")


def test_a_worker_has_its_pods_name_in_the_group() -> None:
    """Static membership: the pod that comes back under its name has its merchants at once."""
    assert OBJECTS["StatefulSet"]["spec"]["serviceName"] == OBJECTS["Service"]["metadata"]["name"]
    assert WORKER["env"][0] == {
        "name": "CONNECTOR_INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_only_a_process_that_answers_nothing_is_restarted() -> None:
    """Without Kafka no worker is ready, and no probe restarts one for it."""
    paths = {name: probe["httpGet"]["path"] for name, probe in WORKER.items() if name.endswith("Probe")}
    assert paths == {"startupProbe": LIVENESS, "livenessProbe": LIVENESS, "readinessProbe": HEALTH}
    (port,) = WORKER["ports"]
    assert port == {"name": "web", "containerPort": Settings().web.port}
    assert SPEC["terminationGracePeriodSeconds"] >= END_WITHIN_S + 5
    assert OBJECTS["PodDisruptionBudget"]["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_worker_starts_with_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    image = dict(re.findall(r"(CONNECTOR_\w+)=(\S+)", IMAGE))
    given = {entry["name"]: entry.get("value", "connector-0") for entry in WORKER["env"]}
    mounted = tuple(mount["mountPath"] for mount in WORKER["volumeMounts"])
    for name, value in {**image, **given}.items():
        if name.endswith("_FILE") and name != "CONNECTOR_MERCHANTS_FILE":
            assert value.startswith(mounted), name
            (tmp_path / name).write_text("s3cret")
            value = str(tmp_path / name)
        if name != "CONNECTOR_KAFKA__CA_FILE":  # it would be read
            monkeypatch.setenv(name, value.replace("$(CONNECTOR_INSTANCE)", given["CONNECTOR_INSTANCE"]))
    settings = load_settings(tell=pytest.fail, dotenv=None)
    assert settings.instance == "connector-0"
    assert settings.smartconnect.client_secret.get_secret_value() == "s3cret"
    assert settings.web.host == "0.0.0.0"
    assert "connector-0.connector.smartconnect.svc" in settings.web.names.split(",")
    assert str(settings.data_dir).startswith(mounted)
    assert str(settings.merchants_file).startswith(mounted)


def test_the_merchants_are_mounted_where_the_worker_looks() -> None:
    (merchant,) = parse_merchants(OBJECTS["ConfigMap"]["data"]["merchants.toml"].encode(), "merchants.toml")
    mounts = {mount["name"]: mount["mountPath"] for mount in WORKER["volumeMounts"]}
    assert merchant.refresh_token_file == f"{mounts['refresh-tokens']}/A2EXAMPLE"
    (file,) = (entry["value"] for entry in WORKER["env"] if entry["name"] == "CONNECTOR_MERCHANTS_FILE")
    assert file == f"{mounts['merchants']}/merchants.toml"
    assert all("subPath" not in mount for mount in WORKER["volumeMounts"]), "it would never be replaced"


def test_nobody_gains_rights_or_writes_but_into_volumes() -> None:
    assert SPEC["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {SPEC['securityContext']['runAsUser']} " in IMAGE
    assert SPEC["automountServiceAccountToken"] is False
    assert SPEC["enableServiceLinks"] is False
    for container in CONTAINERS:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not {entry["name"] for entry in container["env"]} & set(secrets(Settings))
    written = {mount["name"] for mount in WORKER["volumeMounts"] if not mount.get("readOnly")}
    assert written == {"data", "tmp"}


def test_the_archive_is_made_every_night_once_and_as_a_worker_would() -> None:
    night = OBJECTS["CronJob"]["spec"]
    assert (night["schedule"], night["timeZone"], night["concurrencyPolicy"]) == ("30 1 * * *", "Etc/UTC", "Forbid")
    pod = night["jobTemplate"]["spec"]["template"]
    (archive,) = pod["spec"]["containers"]
    assert archive["args"] == ["archive", "run"]
    for name in ("image", "imagePullPolicy", "env", "volumeMounts", "securityContext", "resources"):
        assert archive[name] == WORKER[name], name
    others = {"containers", "initContainers", "topologySpreadConstraints", "terminationGracePeriodSeconds"}
    assert pod["spec"] == {name: SPEC[name] for name in SPEC.keys() - others} | {
        "restartPolicy": "Never",
        "containers": [archive],
    }
    selected = OBJECTS["Service"]["spec"]["selector"]
    assert not selected.items() <= pod["metadata"]["labels"].items(), "no worker: nobody asks it, no budget counts it"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("StatefulSet", ("selector", "matchLabels")),
        ("Service", ("selector",)),
        ("PodDisruptionBudget", ("selector", "matchLabels")),
        ("NetworkPolicy", ("podSelector", "matchLabels")),
        ("ServiceMonitor", ("selector", "matchLabels")),
    ],
)
def test_each_selector_finds_the_pods(kind: str, path: tuple[str, ...]) -> None:
    """The monitor's finds the service, which has the same labels."""
    selected: Any = OBJECTS[kind]["spec"]
    for name in path:
        selected = selected[name]
    assert selected == POD["metadata"]["labels"]
    assert selected.items() <= OBJECTS["Service"]["metadata"]["labels"].items()


def test_the_rules_are_those_of_the_compose_file_under_the_names_that_they_go_by() -> None:
    rules = yaml.safe_load((ROOT / "ops/prometheus/alerts.yml").read_text())
    assert OBJECTS["PrometheusRule"]["spec"] == rules
    assert yaml.safe_load((CHART / "files/alerts.yml").read_text()) == rules
    (endpoint,) = OBJECTS["ServiceMonitor"]["spec"]["endpoints"]
    relabelled = {each["targetLabel"]: each.get("replacement") for each in endpoint["relabelings"]}
    jobs = set(re.findall(r'job="(\w+)"', json.dumps(rules).replace('\\"', '"')))
    assert jobs == {relabelled["job"]}
