"""How long nothing is called while the only worker is started again. `python -m bench.restart [--rounds N]`.

`connector worker` on a real broker with work for all of its merchants, and an Amazon that stamps arrivals in the
kernel. A planned restart is measured from SIGTERM, a killed worker from the start of the next process (who starts it,
and how soon, is a supervisor's): to the first call that arrives from the new one. It has the host's name as its
CONNECTOR_INSTANCE, as by default, so that the group takes it for the one before. Over all of it no second may see more
calls of a merchant arrive than its limit.
"""

import argparse
import signal
import time
from statistics import median

from bench.calls import LIMIT_PER_S, SETTLE_S, running
from bench.stamping import Amazon, breaches
from tests.kit.kafka.broker import eventually, start_broker

MERCHANTS = 10
ANSWERED = 'operation="inventory",outcome="ACCEPTED"'
ROUND_S = 20.0
"""At most, from one restart to the next."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    broker = start_broker()
    amazon = Amazon()
    spans: dict[str, list[tuple[float, float]]] = {"planned, from SIGTERM": [], "killed, from the next start": []}
    try:
        with running(broker, amazon, MERCHANTS, LIMIT_PER_S) as run:
            run.produce(round(LIMIT_PER_S * ROUND_S * 2 * rounds))
            time.sleep(SETTLE_S)
            for which, measured in spans.items():
                for _ in range(rounds):
                    began = time.time()
                    if which.startswith("planned"):
                        run.worker.signal(signal.SIGTERM)
                        run.worker.ended()
                    else:
                        run.worker.kill()
                        began = time.time()
                    started = time.time()
                    run.start()
                    eventually("a call is answered", lambda: ANSWERED in run.worker.metrics())
                    time.sleep(SETTLE_S)
                    measured.append((began, started))
        of_merchants = amazon.ended().values()
    finally:
        broker.close()
    arrivals = sorted(at for times in of_merchants for at in times)
    over = sum(breaches(times, LIMIT_PER_S) for times in of_merchants)
    print(f"{len(arrivals)} calls of {MERCHANTS} merchants, {over} windows over the limit")
    for which, measured in spans.items():
        took = [min(at for at in arrivals if at > started) - began for began, started in measured]
        print(f"{which}: next call after {median(took):.2f} s (median of {rounds}; longest {max(took):.2f} s)")


if __name__ == "__main__":
    main()
