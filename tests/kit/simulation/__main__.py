"""`python -m tests.kit.simulation`: runs seeds, and tells of the first that fails. Exit code 1 then."""

import argparse
import sys
import warnings
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from tests.kit.simulation.engine import clocks

clocks.install()  # before anything of the connector is imported

from tests.kit.simulation import edges, sabotage  # noqa: E402
from tests.kit.simulation.draw import draw  # noqa: E402
from tests.kit.simulation.plan import HOURS  # noqa: E402
from tests.kit.simulation.run import Outcome, run, shrink, told  # noqa: E402

FAILED = Path(__file__).parents[2] / "simulation" / "failed_seeds.txt"
SHRINK_S = 60.0
SEEDS = 20
SHOWN = 12  # faults of one seed
ENDLESS = 1_000_000


def main() -> int:
    given = _parser().parse_args()
    edges.install()
    warnings.simplefilter("ignore", RuntimeWarning)  # of coroutines that a killed worker never began
    if given.sabotage == "all":
        return _find_all(given)
    if given.sabotage:
        sabotage.plant(given.sabotage)
    seeds = [given.seed] if given.seed is not None else _seeds(given)
    cpu_s, hours, ran = clocks.real_cpu_s(), 0.0, 0
    failed: list[int] = []
    for seed in seeds:
        outcome = run(draw(seed, given.hours))
        hours, ran = hours + outcome.hours, ran + 1
        if given.history:
            say(f"seed {seed}: history {outcome.history}")
        if outcome.faults and not given.all:
            _tell(outcome, given)
            return 1
        failed += [seed] if outcome.faults else []
        for fault in outcome.faults[:SHOWN]:
            say(f"seed {seed} FAILED  {fault}")
        if given.minutes and clocks.real_cpu_s() - cpu_s > given.minutes * 60:
            break
    used_s = clocks.real_cpu_s() - cpu_s
    pace = f"{hours:.0f} simulated hours, {hours / used_s * 60:.0f} of them a minute of CPU"
    say(f"{ran} seeds, {pace}; failed: {failed or 'none'}")
    return 1 if failed else 0


def _find_all(given: argparse.Namespace) -> int:
    """Each planted bug, until a seed finds it. 1 where one is not found."""
    missed = []
    for name in sabotage.BUGS:
        remove, found = sabotage.plant(name), ""
        for seed in range(given.first, given.first + _count(given)):
            if faults := run(draw(seed, given.hours)).faults:
                found = f"seed {seed}, {faults[0][:160]}"
                break
        remove()
        missed += [] if found else [name]
        say(f"{name}: {found or 'NOT FOUND'}")
    return 1 if missed else 0


def _seeds(given: argparse.Namespace) -> Iterable[int]:
    """Those that failed once, then fresh ones."""
    known = [int(line.split()[0]) for line in FAILED.read_text().splitlines() if line and line[0] != "#"]
    return chain(known if given.known else (), range(given.first, given.first + _count(given)))


def _count(given: argparse.Namespace) -> int:
    return int(given.seeds or (ENDLESS if given.minutes else SEEDS))


def _tell(outcome: Outcome, given: argparse.Namespace) -> None:
    for fault in outcome.faults:
        say(f"seed {outcome.plan.seed} FAILED  {fault}")
    if given.shrink_s:
        outcome = shrink(outcome, given.shrink_s, lambda text: say(f"shrinking: {text}"))
    say("\n".join(told(outcome)))
    sabotaged = f" --sabotage {given.sabotage}" if given.sabotage else ""
    hours = "" if given.hours == HOURS else f" --hours {given.hours:g}"
    say(f"\nagain: python -m tests.kit.simulation --seed {outcome.plan.seed}{hours}{sabotaged}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.kit.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, help=f"how many (default: {SEEDS}, with --minutes all that they allow)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default: 1)")
    parser.add_argument("--minutes", type=float, help="no seed is begun after so many of CPU")
    parser.add_argument("--hours", type=float, default=HOURS, help="of the day that is planned")
    parser.add_argument("--known", action="store_true", help="first those that failed once (failed_seeds.txt)")
    parser.add_argument("--all", action="store_true", help="go on after a seed that fails, and shrink none")
    parser.add_argument("--history", action="store_true", help="print the hash of each run's history")
    parser.add_argument("--shrink-s", type=float, default=SHRINK_S, help="seconds for making a failing plan smaller")
    parser.add_argument("--sabotage", choices=["all", *sabotage.BUGS], help="with a planted bug")
    return parser


sys.exit(main())
