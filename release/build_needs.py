"""What the package is built with, a line each: of pyproject.toml, for pip-compile."""

import sys
import tomllib

from release.locks import ROOT


def main() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    sys.stdout.writelines(f"{need}\n" for need in needs)


if __name__ == "__main__":
    main()
