"""How a process logs: each line once, all of them JSON where JSON is wanted, whoever wrote it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGIN = "import logging, sys, threading, warnings\nfrom connector.logs import set_up_logging\n"


def logged(program: str, log_format: str = "json", level: str = "INFO") -> list[str]:
    """The lines that a process of its own wrote to stderr."""
    text = f"{BEGIN}set_up_logging({log_format!r}, {level!r})\n{program}\n"
    ended = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, cwd=ROOT, env={"PYTHONUTF8": "1"}
    )
    assert ended.stdout == ""
    return ended.stderr.splitlines()


@pytest.mark.parametrize(
    ("program", "event", "held"),
    [
        ("logging.getLogger('connector.x').info('one %s', 'line', extra={'a': 1})", "one line", '"a": 1'),
        ("try:\n 1 / 0\nexcept Exception:\n logging.getLogger('connector').exception('bad')", "bad", "ZeroDivision"),
        ("1 / 0", "nobody foresaw", "ZeroDivisionError"),
        ("threading.Thread(target=lambda: 1 / 0, name='t9').start()", "a thread ended", "ZeroDivisionError"),
        ("warnings.warn('old')", "old", "py.warnings"),
        ("class A:\n def __del__(self): 1 / 0\nA()", "could not be raised", "ZeroDivisionError"),
        ("logging.getLogger('aiokafka').warning('timeout')", "timeout", "aiokafka"),
        ("import asyncio\nasync def f(): asyncio.create_task(g())\nasync def g(): 1 / 0\nasyncio.run(f())", "", ""),
    ],
)
def test_every_line_is_json_and_comes_once(program: str, event: str, held: str) -> None:
    lines = logged(program)
    events = [json.loads(line) for line in lines]
    assert all({"event", "level", "logger", "timestamp"} <= each.keys() for each in events)
    assert len([each for each in events if event in each["event"]]) == len(events)
    assert held in "".join(lines)
    assert len(set(lines)) == len(lines)


def test_librdkafkas_lines_go_the_same_way() -> None:
    program = """
from connector.kafka.connection.clients import librdkafka
from connector.settings import KafkaSettings
from confluent_kafka import Producer
p = Producer({**librdkafka(KafkaSettings(bootstrap_servers="127.0.0.1:9")), "log_level": 4, "fetch.min.bytes": 1})
while not p.poll(0.1) and not heard: pass
"""
    hear = "heard = []\nlogging.getLogger('librdkafka').addFilter(lambda r: heard.append(1) or True)\n"
    lines = logged(f"{hear}{program}")
    assert {json.loads(line)["logger"] for line in lines} == {"librdkafka"}


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_libraries_speak_from_warning_on_alone(level: str) -> None:
    program = (
        "for n in ('httpx', 'httpcore.http11', 'botocore', 'anything'):\n logging.getLogger(n).info('sent s3cret')"
    )
    assert logged(program, level=level) == []
    own = logged("logging.getLogger('connector.kafka').debug('own')", level=level)
    assert len(own) == (level == "DEBUG")


def test_data_drives_no_terminal() -> None:
    program = r"logging.getLogger('connector').error('e \x1b[2J\n\u202e', extra={'key': '\x1b]0;t\x07', 'n': ['\x9b']})"
    for log_format in ("console", "json"):
        (line,) = logged(program, log_format)
        assert all(ord(character) >= 0x20 and character not in "\u202e\x9b" for character in line)


def test_a_traceback_for_a_terminal_has_its_lines() -> None:
    lines = logged("secret = 's3cret-local'\n1 / 0", "console")
    assert lines[-1] == "ZeroDivisionError"
    assert "s3cret-local" not in "\n".join(lines[1:])


QUOTED = "Asha Verma, 9876543210, Atza|tok-en"


@pytest.mark.parametrize(
    "program",
    [
        "logging.getLogger('aiokafka').error('failed for %s', QUOTED)",
        "logging.getLogger('botocore').error('failed', extra={'body': QUOTED})",
        "warnings.warn(QUOTED)",
        "raise ValueError(QUOTED)",
        "try:\n raise KeyError(QUOTED)\nexcept KeyError as e:\n raise RuntimeError('of ' + QUOTED) from e",
        "raise ExceptionGroup(QUOTED, [ValueError(QUOTED)])",
        "threading.Thread(target=lambda: {}[QUOTED]).start()",
        "try:\n {}[QUOTED]\nexcept Exception:\n logging.getLogger('connector').exception('bad')",
        "import asyncio\nasync def f(): asyncio.create_task(g())\nasync def g(): {}[QUOTED]\nasyncio.run(f())",
    ],
)
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_others_quote_is_not_logged(program: str, log_format: str) -> None:
    lines = logged(
        f"import os\nQUOTED = os.sys.argv[0] + ''.join(map(chr, {list(map(ord, QUOTED))}))\n{program}", log_format
    )
    assert lines
    for part in ("Asha", "Verma", "9876543210", "Atza"):
        assert part not in "".join(lines)


def test_a_command_writes_what_libraries_warn_of_without_what_they_quote() -> None:
    text = (
        "import logging\nfrom connector.logs import set_up_quiet_logging\nset_up_quiet_logging()\n"
        "q = ''.join(map(chr, [65, 115, 104, 97]))\n"
        "logging.getLogger('x').warning('failed for %s', q)\nraise ValueError(q)"
    )
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert ended.stderr.splitlines()[0] == "failed for [removed]"
    assert ended.stderr.splitlines()[-1] == "ValueError"
    assert "Asha" not in ended.stderr
