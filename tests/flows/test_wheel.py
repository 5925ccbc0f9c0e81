"""The package as it is installed: built, put where no checkout is near, and run. Nothing is fetched."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
LOCATION = "import connector.kafka.avro.schemas as s; print(s.SCHEMAS_DIR)"


def run(*arguments: str, cwd: Path, **env: str) -> str:
    """Its standard output; it must end well."""
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run("-m", "pip", "wheel", *options, "--wheel-dir", str(built), str(ROOT), cwd=built)
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel installs, unpacked; the dependencies are those of the tests."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_it_holds_the_package_the_schemas_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        schemas = {name.removeprefix("connector/schemas/"): archive.read(name) for name in names if ".avsc" in name}
    assert schemas == {str(file.relative_to(SCHEMAS)): file.read_bytes() for file in SCHEMAS.rglob("*.avsc")}
    code = {str(file.relative_to(ROOT)) for file in (ROOT / "connector").rglob("*.py")} | {"connector/py.typed"}
    fonts = {str(file.relative_to(ROOT)) for file in (ROOT / "connector/documents/fonts").iterdir() if file.is_file()}
    console = {str(file.relative_to(ROOT)) for file in (ROOT / "connector/web/console/files").rglob("*.*")}
    assert {name for name in names if not name.endswith(".avsc")} == code | fonts | console


def test_its_metadata_are_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        told = Parser().parsestr(archive.read(metadata).decode())
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Requires-Python"] == ">=3.11"
    assert all(told[name] for name in ("Summary", "Author", "Keywords", "Description-Content-Type"))
    assert "Typing :: Typed" in told.get_all("Classifier", [])


def test_it_finds_its_own_schemas(site: Path, tmp_path: Path) -> None:
    assert run("-c", LOCATION, cwd=tmp_path, PYTHONPATH=str(site)).strip() == str(site / "connector" / "schemas")


def test_a_checkout_finds_those_beside_the_package() -> None:
    assert run("-c", LOCATION, cwd=ROOT).strip() == str(SCHEMAS)


def test_the_demo_runs_far_from_the_checkout(site: Path, tmp_path: Path) -> None:
    told = run("-m", "connector", "demo", cwd=tmp_path, PYTHONPATH=str(site))
    assert "every update settled" in told
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"
