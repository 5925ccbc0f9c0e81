"""The bill of materials of what runs, as CycloneDX 1.6: `python -m release.sbom [FILE]`; build/sbom.cdx.json is usual.

The same lock gives the same file. It has what the image installs from the lock; what the base image brings is in that
image's own.
"""

import hashlib
import sys
import tomllib
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from release.locks import ROOT, read_lock

LOCK = ROOT / "requirements-runtime.lock"


def bill_of_materials() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    ours = Component(
        type=ComponentType.APPLICATION,
        name=name,
        version=version,
        bom_ref=name,
        purl=PackageURL("pypi", name=name, version=version),
        licenses=[LicenseExpression(project["license"])],
    )
    pins = list(read_lock(LOCK))
    parts = {
        pin.name: Component(
            name=pin.name,
            version=pin.version,
            bom_ref=pin.name,
            purl=PackageURL("pypi", name=pin.name, version=pin.version),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
        )
        for pin in pins
    }
    bom = Bom(
        components=parts.values(), serial_number=uuid5(NAMESPACE_URL, hashlib.sha256(LOCK.read_bytes()).hexdigest())
    )
    bom.metadata.component = ours
    bom.metadata.timestamp = None  # type: ignore[assignment]  # it may be left out: the same lock, the same file
    needs: dict[str, list[Component]] = {}
    for pin in pins:
        for needing in pin.needed_by:
            needs.setdefault(needing, []).append(parts[pin.name])
    for component in (ours, *parts.values()):
        direct = [
            need for needing, found in needs.items() if needing.partition("[")[0] == component.name for need in found
        ]
        bom.register_dependency(component, direct)
    return str(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2))


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sbom.cdx.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(bill_of_materials() + "\n")


if __name__ == "__main__":
    main()
