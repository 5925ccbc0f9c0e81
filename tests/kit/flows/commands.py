"""The connector's short commands, run to their end in a test's world."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.kit.flows.world import World


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(world: World, *arguments: str, **env: str) -> Ran:
    """`connector ARGUMENTS`. Never a traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=world.directory,
        env={**os.environ, "COLUMNS": "200", **world.env, **env},
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def done(world: World, *arguments: str, **env: str) -> Ran:
    """`run`, and it must end well."""
    ran = run(world, *arguments, **env)
    assert ran.code == 0, ran
    return ran
