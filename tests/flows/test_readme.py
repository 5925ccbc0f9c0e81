"""The README's examples, as its readers would run them: on a real broker and a real registry."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.registry import running_registry

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parents[2]


def test_the_examples_run(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    produce, analyse = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(ROOT)
    with running_registry() as registry:
        world = new_world([Seller("A2EXAMPLE")])
        world.start_worker(
            CONNECTOR_SCHEMA_REGISTRY__URL=registry, CONNECTOR_POLLING__LAG_S="0", CONNECTOR_WEB__PORT="0"
        )

        def run(example: str) -> dict[str, Any]:
            names: dict[str, Any] = {}
            text = example.replace("http://localhost:8081/apis/ccompat/v7", registry)
            exec(text.replace("localhost:29092", world.broker.bootstrap_servers), names)  # noqa: S102 - our own README
            return names

        run(produce)
        eventually("the update is at Amazon", lambda: world.quantities() == {("A2EXAMPLE", "SKU-1"): 7}, 60)
        world.tell("POST", "shipments", {"merchant_id": "A2EXAMPLE", "lines": {"SKU-1": 1}})
        eventually("an order event", lambda: world.broker.consume("amazon.orders"), 60)
        names = run(analyse)
        assert names["duckdb"].sql("select type from orders").fetchall() == [("ORDER_RECEIVED",)]
