"""What is installed was seen before: by its hash, from its lock, on a base by its digest."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release.locks import ROOT, read_lock
from release.sbom import bill_of_materials

LOCKS = [*sorted(ROOT.glob("requirements*.lock")), ROOT / "examples/dbt/requirements.lock"]
BUILDING = (
    *("Dockerfile", "Makefile", ".ci/run", "README.md", "CONTRIBUTING.md", "docker-compose.yml"),
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md"))),
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / ".github/workflows").glob("*.yml"))),
)
INSTALL = re.compile(r"(?:\bpip3?|\$\(PIP\))\s[^&|;`]*?\b(?:install|wheel)\b[^&|;`]*")


def installs() -> Iterator[tuple[str, str]]:
    for name in BUILDING:
        text = (ROOT / name).read_text().replace("\\\n", " ")
        yield from ((name, found) for line in text.splitlines() for found in INSTALL.findall(line))


def test_nothing_is_installed_without_its_hash() -> None:
    """Ours alone has none: it is built here, and brings nothing with it."""
    found = list(installs())
    assert {name for name, _ in found} >= {"Dockerfile", "Makefile"}
    for name, command in found:
        built_here = "--no-deps" in command and ("--no-build-isolation" in command or "--no-index" in command)
        assert "--require-hashes" in command or built_here, f"{name}: {command}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_locked_version_has_its_hashes(lock: Path) -> None:
    pins = list(read_lock(lock))
    named = re.findall(r"^[A-Za-z0-9][^\s=]*", lock.read_text(), re.MULTILINE)
    assert len(pins) == len(named) > 0


def test_the_build_has_its_lock_with_the_versions_of_development() -> None:
    versions = {pin.name: pin.version for pin in read_lock(ROOT / "requirements.lock")}
    build = {pin.name: pin.version for pin in read_lock(ROOT / "requirements-build.lock")}
    assert "hatchling" in build
    assert {name: version for name, version in build.items() if versions.get(name) != version} == {}


def test_the_image_is_built_on_a_digest_and_on_nothing_else() -> None:
    text = (ROOT / "Dockerfile").read_text()
    base = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert base is not None
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base[1])
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}"] * 2
    assert not re.search(r"^ADD |apt-get|curl|wget|COPY --from=(?!build\b)", text, re.MULTILINE)


def test_the_bill_of_materials_is_the_runtime_lock() -> None:
    text = bill_of_materials()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    locked = {(pin.name, pin.version) for pin in read_lock(ROOT / "requirements-runtime.lock")}
    assert {(part["name"], part["version"]) for part in bill["components"]} == locked
    assert all(part["hashes"] for part in bill["components"])
    depends = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert "faust-streaming" in depends["smartconnect-connector"]
    assert "pydantic-core" in depends["pydantic"]
    assert text == bill_of_materials()
