"""`make chaos`: campaigns of faults on real parts, a seed each; exit code 1 where one found anything."""

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import httpx
from confluent_kafka import KafkaException

from tests.kit.chaos.campaign import Campaign
from tests.kit.chaos.plan import draw, possible
from tests.kit.chaos.surroundings import left_out
from tests.kit.chaos.verdict import Verdict, table
from tests.kit.kafka.broker import Broker, BrokerUnavailable, start_broker


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="1 to so many")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--faults", type=int, default=10, help="of each seed")
    asked = parser.parse_args()
    seeds = [asked.seed] if asked.seed is not None else range(1, asked.seeds + 1)
    try:
        broker = start_broker()
    except BrokerUnavailable as reason:
        say(str(reason))
        return 1
    try:
        verdicts = [run(broker, seed, asked.faults) for seed in seeds]
    finally:
        broker.close()
    say(table(verdicts))
    return 1 if any(verdict.faults for verdict in verdicts) else 0


def run(broker: Broker, seed: int, faults: int) -> Verdict:
    missing = left_out(broker)
    for part, reason in missing.items():
        say(f"left out: {part} ({reason})")
    plan = draw(seed, faults, possible(missing))
    directory = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    say(f"{plan}\n  logs: {directory}")
    campaign = Campaign(broker, directory, plan)
    try:
        verdict = campaign.run()
    except (AssertionError, OSError, httpx.HTTPError, KafkaException) as fault:  # the other seeds are worth as much
        verdict = Verdict(plan, [f"broken off: {type(fault).__name__} {fault}"], [], [], [], [], 0.0)
    if verdict.faults:
        again = f"make chaos SEED={seed} FAULTS={faults}"
        say("\n  ".join([f"seed {seed} FAILED", *campaign.timeline, *verdict.faults, f"logs: {directory}", again]))
    else:
        shutil.rmtree(directory, ignore_errors=True)
        say(f"seed {seed}: nothing found in {verdict.took_s:.0f} s")
    return verdict


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    sys.exit(main())
