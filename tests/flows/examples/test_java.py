"""The OMS in Java: what it writes is read as it is, and what it is answered it reads; no schema registry is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kit.examples import ROOT
from tests.kit.flows.orders import new_shipments, order_seller
from tests.kit.flows.world import NewWorld, World
from tests.kit.missing import skip_unless_ci

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

JAVA = ROOT / "examples" / "java"


@pytest.fixture(scope="module")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if absent := [tool for tool in ("java", "mvn") if shutil.which(tool) is None]:
        skip_unless_ci(LookupError(f"{' and '.join(absent)} not found: install Java 17 and Maven"))
    lib = tmp_path_factory.mktemp("java") / "lib"
    fetch = ["mvn", "-q", "-B", "-f", str(JAVA / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={lib}"]
    subprocess.run(fetch, check=True, timeout=280)
    return lib


def oms(world: World, jars: Path, *arguments: str) -> list[str]:
    """The lines that it printed; it must end well."""
    ended = subprocess.run(
        ["java", "-cp", f"{jars}/*", str(JAVA / "Oms.java"), *arguments],
        cwd=ROOT,
        env={**os.environ, "KAFKA": world.broker.bootstrap_servers},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


def test_java_writes_what_the_connector_reads_and_reads_what_it_writes(new_world: NewWorld, jars: Path) -> None:
    world = new_world([order_seller("M1")])
    worker = world.start_worker(CONNECTOR_POLLING__LAG_S="0")
    told = oms(world, jars, "stock", "M1", "SELLER_FLEX", "SKU-1=7", "SKU-2=0")
    assert set(told) == {"SKU-1: ACCEPTED 7 units, sequence 1", "SKU-2: ACCEPTED 0 units, sequence 1"}
    world.wait_quantities({("M1", "SKU-1"): 7, ("M1", "SKU-2"): 0})

    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    (line,) = oms(world, jars, "confirm", "M1", shipment_id)
    assert line.startswith("Confirm: DONE")
    assert "arrive outside their merchant's home partition" not in worker.log.read_text(), "Java's partitioner is right"
