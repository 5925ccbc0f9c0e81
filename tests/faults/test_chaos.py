"""Faults of many kinds on real parts, drawn from a seed: `make chaos`, and one fault at a time in a minute or two."""

from pathlib import Path

import pytest

from tests.kit.chaos.campaign import Campaign
from tests.kit.chaos.ends import listed_as
from tests.kit.chaos.plan import SHORT, Part, Plan, draw, possible
from tests.kit.chaos.surroundings import left_out
from tests.kit.kafka.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


def check(broker: Broker, directory: Path, plan: Plan) -> None:
    campaign = Campaign(broker, directory, plan)
    verdict = campaign.run()
    # A machine that stands still for a while is a cause that nobody made: here any end will do that the page lists
    unlisted = [end for end in verdict.ends if end.listed is None and listed_as(end.said, set(Part)) is None]
    found = [*verdict.lost, *verdict.doubled, *verdict.sequence_faults, *verdict.limit_breaches, *map(str, unlisted)]
    assert found == [], "\n".join([str(verdict.plan), *campaign.timeline])


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1, 11))
def test_nothing_is_lost_or_doubled(broker: Broker, tmp_path: Path, seed: int) -> None:
    check(broker, tmp_path, draw(seed, 10, possible(left_out(broker))))


def test_nothing_is_lost_or_doubled_by_one_fault_at_a_time(broker: Broker, tmp_path: Path) -> None:
    kinds = [kind for kind in possible(left_out(broker)) if kind in SHORT]
    check(broker, tmp_path, draw(7, len(kinds), kinds, one_at_a_time=True))  # the seed that is over soonest
