"""The connector's short commands, run to their end in a World, and what operators give and ask by them."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from typing import Any

from tests.kit.flows.world import World
from tests.kit.processes import ROOT, Process


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
        timeout=300,
        cwd=world.directory,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(ROOT), **world.env, **env},
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def done(world: World, *arguments: str, **env: str) -> Ran:
    """`run`, and it must end well."""
    ran = run(world, *arguments, **env)
    assert ran.code == 0, ran
    return ran


def refused(world: World, *arguments: str) -> str:
    """What `run` says of bad input, in one line on standard error."""
    ran = run(world, *arguments)
    assert ran.code == 2, ran
    (line,) = ran.err.strip().splitlines()
    return line


def changes(world: World) -> list[tuple[str, str, str, str]]:
    """What the audit says was changed, in order: action, merchant, by whom, how it ended."""
    told = done(world, "audit", "--json").json
    return [(one["action"], one["merchant_id"], one["by"], one["outcome"]) for one in reversed(told)]


def status(world: World, *workers: Process) -> dict[str, dict[str, Any]]:
    """By merchant, as the workers say."""
    urls = [part for worker in workers for part in ("--worker", worker.web_url)]
    told = done(world, "status", "--json", *urls).json
    assert told["source"] == "workers"
    return _by_merchant(told)


def status_of_topics(world: World) -> dict[str, dict[str, Any]]:
    """By merchant, as the topics say while no worker answers."""
    told = run(world, "status", "--json").json
    assert told["source"] == "topics"
    return _by_merchant(told)


def _by_merchant(told: Any) -> dict[str, dict[str, Any]]:
    return {merchant["merchant_id"]: merchant for merchant in told["merchants"]}


def dead_letter_ids(world: World, *options: str) -> list[str]:
    return [letter["id"] for letter in done(world, "dead-letters", "list", "--json", *options).json]


def seed_file(world: World, *rows: str) -> str:
    return _csv(world, "seeds.csv", "merchant,location,sku,sequence", *rows)


def listing_file(world: World, *rows: str) -> str:
    return _csv(world, "listings.csv", "clientSkuId,channelSerialNo,channelSkuId,Marketplace", *rows)


def _csv(world: World, name: str, *lines: str) -> str:
    file = world.directory / name
    file.write_text("".join(f"{line}\n" for line in lines))
    return str(file)


def exported(world: World) -> dict[str, int]:
    """SKU -> sequence number, as `ledger export` writes them."""
    return {row["sku"]: int(row["sequence"]) for row in csv.DictReader(StringIO(done(world, "ledger", "export").out))}
