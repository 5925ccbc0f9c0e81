"""The connector's worker beside what a user would else write, doing the same job. `python -m bench.peers [UPDATES]`.

UPDATES of SKUS, all on Kafka at once, are to be at Amazon, at 6 calls/s of each merchant. First undisturbed, then with
a kill -9 in the middle, after which the same program is started again at once. Amazon is a process of its own, stamps
calls as they arrive, and takes no number that is not above the last. The peers (by_quixstreams, by_aiokafka) run in
build/peers, made here with the versions of requirements.txt.
"""

import argparse

from bench.peers.runs import Job, Measured, measure, starts
from tests.kit.kafka.broker import start_broker

COLUMNS = (
    *("calls", "first call, s", "last call, s", "longest without a call, s", "CPU, s"),
    *("windows over the limit", "most in 1 s", "repeated", "lost", "wrong", "numbers reused"),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("updates", nargs="?", type=int, default=1000)
    parser.add_argument("--skus", type=int, default=500)
    parser.add_argument("--merchants", type=int, default=4)
    parser.add_argument("--only", default="", help="a part of the name of who is to do it")
    given = parser.parse_args()
    job = Job(given.merchants, given.updates, given.skus)
    print(f"{job.updates} updates of {job.skus} SKUs of {job.merchants} merchants\n")
    print("| who | " + " | ".join(COLUMNS) + " |\n|---|" + "---|" * len(COLUMNS))
    broker = start_broker()
    try:
        for kill in (False, True):
            for name, start in starts().items():
                if given.only in name:
                    told = row(measure(broker, start, job, kill=kill))
                    print(f"| {name}{', kill -9' if kill else ''} | {' | '.join(told)} |", flush=True)
    finally:
        broker.close()


def row(measured: Measured) -> list[str]:
    """In the order of COLUMNS."""
    found = measured.outcome
    seconds = (found.first_s, found.took_s, found.stood_still_s, measured.cpu_s)
    counts = (found.breaches, found.most, found.repeated, found.lost, found.wrong, found.reused)
    return [str(found.calls), *(f"{one:.1f}" for one in seconds), *map(str, counts)]


if __name__ == "__main__":
    main()
