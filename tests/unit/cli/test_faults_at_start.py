"""What a command or a worker can't start with: one clear line by name, at once, the right exit code, no traceback."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.cases import case_file, read_case

WITHIN_S = 20.0  # alone 1 s, 4 s where it waits for Kafka (test_reach.py); a busy machine starts Python slowly
CLIENT = {"CONNECTOR_SMARTCONNECT__CLIENT_ID": "client", "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "s3cret"}
NOWHERE = {"CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9", "CONNECTOR_WEB__PORT": "0"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A working directory with a merchants file."""
    (tmp_path / "merchants.toml").write_bytes(case_file("merchants.toml").read_bytes())
    return tmp_path


def told(place: Path, command: str, exit_code: int, **environment: str) -> str:
    """What a command that can't start wrote, to stderr alone."""
    began_at = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", *command.split()],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=place,
        env={"PATH": "", "PYTHONPATH": os.environ["PYTHONPATH"], **CLIENT, **NOWHERE, **environment},
    )
    took_s = time.monotonic() - began_at
    assert ended.returncode == exit_code, ended.stderr
    assert took_s < WITHIN_S
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stderr
    return ended.stderr


def line_with(name: str, text: str) -> str:
    (line,) = (line for line in text.splitlines() if name in line)
    return line


@pytest.mark.parametrize("command", read_case("files/bootstrap-with-scheme")["commands"])
def test_brokers_with_a_scheme(place: Path, command: str) -> None:
    text = told(place, command, 2, **read_case("files/bootstrap-with-scheme")["environment"])
    line = line_with("CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", text)
    assert "host:port without SASL_SSL://" in line
    assert text.strip() == line


@pytest.mark.parametrize("servers", ["k", "k:x", "k:1,", "::1:9092", "k1:9092;k2:9092", "user:s3cret@k:9092"])
def test_brokers_in_another_form_are_the_same_to_all(place: Path, servers: str) -> None:
    wrong = {"CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": servers}
    worker, command = (told(place, f"connector {one}", 2, **wrong) for one in ("worker", "topics check"))
    assert worker == command
    assert "host:port" in line_with("CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", worker)


def test_the_data_directory_is_a_file(place: Path) -> None:
    fault = read_case("files/data-dir-is-a-file")
    for name, content in fault["files"].items():
        (place / name).write_text(content)
    assert line_with("CONNECTOR_DATA_DIR", told(place, fault["command"], 2, **fault["environment"]))
    assert line_with("CONNECTOR_DATA_DIR", told(place, "connector worker", 2, CONNECTOR_DATA_DIR="a-file/inside"))
    assert line_with("CONNECTOR_DATA_DIR", told(place, "connector worker", 2, CONNECTOR_DATA_DIR="/proc/nowhere"))


def test_the_port_is_taken(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert port in line_with("CONNECTOR_WEB__PORT", told(place, "connector worker", 1, CONNECTOR_WEB__PORT=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine(place: Path, host: str) -> None:
    assert host in line_with("CONNECTOR_WEB__HOST", told(place, "connector worker", 2, CONNECTOR_WEB__HOST=host))


@pytest.mark.parametrize("command", ["worker", "topics check", "merchants pause A2EXAMPLE", "status"])
def test_nobody_at_the_brokers_address(place: Path, command: str) -> None:
    text = told(place, f"connector {command}", 1)
    assert "127.0.0.1:9" in line_with("CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", text)


def test_a_worker_tells_once_that_kafka_is_not_encrypted(place: Path) -> None:
    text = told(place, "connector worker", 1, CONNECTOR_KAFKA__BOOTSTRAP_SERVERS="no-such-host.invalid:9092")
    assert text.count("unencrypted") == 1
    assert "set SSL or SASL_SSL" in text
    assert "unencrypted" not in told(place, "connector worker", 1)


def test_no_line_has_the_registrys_password(place: Path) -> None:
    fault = read_case("files/registry-url-with-password")
    debug = {"CONNECTOR_LOG_LEVEL": "DEBUG"}
    text = told(place, fault["command"], 2, **fault["environment"], **debug)
    assert "CONNECTOR_SCHEMA_REGISTRY__PASSWORD" in line_with("CONNECTOR_SCHEMA_REGISTRY__URL", text)
    assert "invented-password" not in text
    wrong = {"CONNECTOR_SCHEMA_REGISTRY__URL": "http://example-user:s3cret@127.0.0.1:9/?x=s3cret"}
    assert "http://127.0.0.1:9" not in line_with(
        "CONNECTOR_SCHEMA_REGISTRY__URL", told(place, fault["command"], 2, **wrong)
    )


def test_all_of_a_workers_settings_are_told_at_once(place: Path) -> None:
    wrong = {"CONNECTOR_SMARTCONNECT__CLIENT_ID": "", "CONNECTOR_DATA_DIR": "merchants.toml/x"}
    text = told(place, "connector worker", 2, **wrong)
    assert line_with("CONNECTOR_SMARTCONNECT__CLIENT_ID", text)
    assert line_with("CONNECTOR_DATA_DIR", text)


def test_a_workers_last_words_are_json_lines_too(place: Path) -> None:
    for line in told(place, "connector worker", 1, CONNECTOR_APP_ID=" shop ").splitlines():
        assert {"event", "level"} <= json.loads(line).keys()


def test_a_file_that_is_not_toml(place: Path) -> None:
    (place / "merchants.toml").write_bytes("[[merchants]]".encode("utf-16"))
    assert "UTF-8" in line_with("merchants.toml", told(place, "connector worker", 2))


def test_what_nobody_reads_in_dotenv_is_named(place: Path) -> None:
    dotenv = case_file("token-in-dotenv.env").read_text()
    (place / ".env").write_text(f"{dotenv}AWS_ACCESS_KEY_ID=s3cret\nLWA_TOKEN_B2=s3cret\n")
    line = line_with("AWS_ACCESS_KEY_ID", told(place, "connector worker", 1))
    assert "LWA_TOKEN_B2" in line
    assert "LWA_TOKEN_A2" not in line
