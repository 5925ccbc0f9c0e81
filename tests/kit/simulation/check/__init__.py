"""What a run must hold. Read are the log, what Amazon was asked and did, the documents and the group's history; nothing
of a worker. Each rule gives its faults in words and names the guarantee (docs/simulation.md lists them)."""

from collections.abc import Callable, Iterator

from tests.kit.simulation.check.calls import (
    beyond_limits,
    beyond_stated_limits,
    called_by_others,
    called_while_closed,
    two_at_once,
)
from tests.kit.simulation.check.evidence import Evidence
from tests.kit.simulation.check.log import (
    committed_too_early,
    deleted_unread,
    ended_strangely,
    letters,
    out_of_place,
    standing_alerts,
    told_secrets,
)
from tests.kit.simulation.check.operators import called_while_paused, off_sale
from tests.kit.simulation.check.orders import answered_late, judged, out_of_order, untold
from tests.kit.simulation.check.stock import missing, numbers, results_of_updates
from tests.kit.simulation.world import World

Rule = Callable[[Evidence], Iterator[str]]

RULES: tuple[tuple[str, Rule], ...] = (
    ("G1 G7", committed_too_early),
    ("G1", ended_strangely),
    ("G1", deleted_unread),
    ("G1 G2", missing),
    ("G1 G2", results_of_updates),
    ("G2", numbers),
    ("pause", called_while_paused),
    ("zero", off_sale),
    ("G3", beyond_limits),
    ("G3", beyond_stated_limits),
    ("G3", called_while_closed),
    ("G3 G11", called_by_others),
    ("G4", two_at_once),
    ("G4", out_of_order),
    ("G1 G5 G6", judged),
    ("G5", answered_late),
    ("G6", out_of_place),
    ("G7", letters),
    ("alerts", standing_alerts),
    ("G8", untold),
    ("G10", told_secrets),
)


def faults(world: World) -> list[str]:
    evidence = Evidence(world)
    return [f"{guarantee} {rule.__name__}: {fault}" for guarantee, rule in RULES for fault in rule(evidence)]
