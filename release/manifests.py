"""The Helm chart's example as plain manifests, for who has no Helm: `python -m release.manifests`; wants helm.

They name the digest of what they were made of, so that where there is no helm it is still seen that they are outdated.
"""

import hashlib
import subprocess
from pathlib import Path

from release.locks import ROOT

CHART = ROOT / "ops" / "chart"
VALUES = ROOT / "ops" / "kubernetes" / "values.yaml"
MANIFESTS = ROOT / "ops" / "kubernetes" / "manifests.yaml"
RENDER = (
    *("helm", "template", "connector", str(CHART), "--namespace", "smartconnect"),
    *("--kube-version", "1.31.0"),  # a helm that was built from source takes itself for one of 1.20
    *("--values", str(VALUES)),
)


def heading() -> str:
    return f"# Made by `make manifests`, of chart and values with SHA-256 {_digest([*sorted(_files()), VALUES])}\n"


def _files() -> list[Path]:
    return [file for file in CHART.rglob("*") if file.is_file()]


def _digest(files: list[Path]) -> str:
    parts = (b"%s\0%s\0" % (str(file.relative_to(ROOT)).encode(), file.read_bytes()) for file in files)
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main() -> None:
    lint = ("helm", "lint", "--strict", "--quiet", str(CHART), "--values", str(VALUES))
    subprocess.run(lint, check=True)  # noqa: S603 - our own
    rendered = subprocess.run(RENDER, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    MANIFESTS.write_text(heading() + rendered.stdout)


if __name__ == "__main__":
    main()
