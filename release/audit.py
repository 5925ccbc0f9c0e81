"""Whether advisories speak of a locked version: `python -m release.audit`.

Exit code 1 where one does. pip-audit says "no known vulnerabilities" also where it could look nothing up: here that is
told as what it is, and with AUDIT=required it is exit code 1, too.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from release.locks import ROOT, Pin, read_lock

LOCKS = ("requirements.lock", "requirements-build.lock")
SERVICES = ("pypi", "osv")
"""pip-audit's names of where advisories come from."""


@dataclass(frozen=True, slots=True)
class Audited:
    """`unknown`: names of which nothing could be looked up."""

    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]


Ask = Callable[[str, list[Pin]], Audited]


def audit(pins: list[Pin], ask: Ask, *, required: bool) -> tuple[int, str]:
    """(exit code, what to tell). A service that does not know the first is not asked of all others."""
    for service in SERVICES:
        if ask(service, pins[:1]).unknown:
            continue
        found = ask(service, pins)
        if found.vulnerable:
            return 1, "\n".join(("VULNERABLE:", *found.vulnerable))
        if not found.unknown:
            return 0, f"{len(pins)} locked versions, no advisory of {service} speaks of them"
    asked = ", ".join(SERVICES)
    told = f"NOT AUDITED: no advisory data can be had from here for all {len(pins)} locked versions ({asked})"
    return int(required), f"{told}; run `make audit AUDIT=required` where it can"


def ask_pip_audit(service: str, pins: list[Pin]) -> Audited:
    names = tuple(pin.name for pin in pins)
    with tempfile.TemporaryDirectory() as directory:
        pinned = Path(directory) / "pinned.txt"
        pinned.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins))
        command = (sys.executable, "-m", "pip_audit", "--requirement", str(pinned), "--no-deps", "--disable-pip")
        options = (
            "--vulnerability-service",
            service,
            "--format",
            "json",
            "--progress-spinner",
            "off",
            "--timeout",
            "10",
        )
        ran = subprocess.run((*command, *options), capture_output=True, text=True, check=False)  # noqa: S603 - our own
    return read_report(ran.stdout, names)


def read_report(report: str, names: tuple[str, ...]) -> Audited:
    """Of pip-audit, as JSON; what is no report says nothing of any of `names`."""
    try:
        found = {each["name"]: each for each in json.loads(report)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        return Audited((), names)
    vulnerable = tuple(
        f"  {name} {each['version']}: {vuln['id']}, mended in {', '.join(vuln['fix_versions']) or 'no version yet'}"
        for name, each in found.items()
        for vuln in each.get("vulns", ())
    )
    return Audited(vulnerable, tuple(name for name in names if "vulns" not in found.get(name, {})))


def main() -> None:
    pins = {(pin.name, pin.version): pin for lock in LOCKS for pin in read_lock(ROOT / lock)}
    code, told = audit(list(pins.values()), ask_pip_audit, required=os.environ.get("AUDIT") == "required")
    sys.stdout.write(f"{told}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
