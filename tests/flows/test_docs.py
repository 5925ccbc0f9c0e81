"""The examples of the README and docs/, as their readers paste them: a real broker and registry, the shipped files."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connector.kafka import topic_admin
from tests.kit.examples import PAGES, ROOT, Checkout, PythonSession, Terminal, examples
from tests.kit.flows.world import forget_topics
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.registry import running_registry
from tests.kit.kafka.server import free_port

pytestmark = pytest.mark.kafka

# The set-up first, then a page that finds its topics empty, then those that fill and use them
RUNNING, ANALYTICS, OMS, OPERATIONS, MIGRATING = (
    ROOT / "docs" / f"{name}.md" for name in ("running", "analytics", "oms", "operations", "migrating")
)
ORDER = tuple(dict.fromkeys([RUNNING, ANALYTICS, OMS, OPERATIONS, MIGRATING, *PAGES]))


@pytest.fixture
def checkout(broker: Broker, tmp_path: Path) -> Iterator[Checkout]:
    forget_topics(broker, topic_admin.wanted_topics("connector", 1, 1))
    simulator_port, web_port = free_port(), free_port()
    with running_registry() as registry:
        yield Checkout(
            tmp_path,
            [
                ("http://localhost:8081/apis/ccompat/v7", registry),
                ("localhost:29092", broker.bootstrap_servers),
                ("localhost:8080", f"127.0.0.1:{simulator_port}"),
                ("--port 8080", f"--port {simulator_port}"),
                ("#CONNECTOR_WEB__PORT=6066", f"CONNECTOR_WEB__PORT={web_port}"),
                ("/tmp/smartconnect-documents", f"{tmp_path}/documents"),  # noqa: S108 - the example file's
            ],
        )


@pytest.fixture
def terminal(checkout: Checkout) -> Iterator[Terminal]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "AWS_"))}
    terminal = Terminal(checkout.directory, env | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})
    yield terminal
    terminal.close()


@pytest.mark.timeout(600)  # some twenty commands, each a process, and consumers that wait for what does not come
def test_every_example_succeeds_as_pasted(
    checkout: Checkout, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout.directory)

    def follow(page: Path) -> str:
        printed = ""
        with closing(PythonSession()) as session:
            for example in examples(page):
                text = checkout.here(example.text)
                match example.language:
                    case _ if example.not_run:
                        continue
                    case "sh":
                        printed += terminal.paste(text)
                    case _:
                        session.paste(example, text)
        return printed + capsys.readouterr().out

    printed = {page: follow(page) for page in ORDER}
    assert printed[ANALYTICS].count("ORDER_RECEIVED") == 0, "the topic is empty"
    assert len(re.findall(r"^ACCEPTED \d units", printed[OMS], re.MULTILINE)) == 2, "with the registry, and without"
    assert [f"{action} DONE" in printed[OMS] for action in ("Confirm", "Pack", "Ship")] == [True] * 3
    assert "0 dead letters" in printed[OPERATIONS]
    assert "1 sequence numbers are in the ledger" in printed[MIGRATING]
    assert "ORDER_RECEIVED" in follow(ANALYTICS), "and again, now that there are orders"
