"""Several installations on one Kafka: each has its prefix, from the environment or `.env`, on every topic."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.kafka.topics import TOPICS
from connector.settings import load_settings

VARIABLE = "CONNECTOR_KAFKA__TOPIC_PREFIX"
PRINT = (
    "from connector.kafka.topics import TOPICS\n"
    "from connector.kafka.topic_admin import wanted_topics\n"
    "print(*(topic.name for topic in TOPICS))\n"
    "print(*(topic.name for topic in wanted_topics('app', 4, 1)))"
)


def names(directory: Path, **env: str) -> tuple[list[str], list[str]]:
    """Of the topics, and of what is made for an app, as a process has them."""
    printed = subprocess.run(
        [sys.executable, "-c", PRINT],
        env={**os.environ, **env},
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    topics, wanted = (line.split() for line in printed.stdout.splitlines())
    return topics, wanted


def test_every_topic_has_it_and_changelogs_have_the_app_id_as_ever(alone: Path) -> None:
    topics, wanted = names(alone, **{VARIABLE: " staging. "})
    assert topics == [f"staging.{topic.name}" for topic in TOPICS]
    assert set(topics) < set(wanted)
    assert all(name.startswith("app-") for name in set(wanted) - set(topics))


def test_a_file_of_variables_may_say_it(alone: Path) -> None:
    (alone / ".env").write_text(f"{VARIABLE}=staging.\n")
    topics, _ = names(alone)
    assert topics[0] == f"staging.{TOPICS[0].name}"


@pytest.mark.parametrize("prefix", ["a b", "a/", "ü", "x" * 101])
def test_one_that_kafka_would_not_take_is_told(alone: Path, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    del alone
    monkeypatch.setenv(VARIABLE, prefix)
    with pytest.raises(SettingsError, match=VARIABLE):
        load_settings(dotenv=None)
