"""Where settings and secrets are read from: the environment and `.env`, however an editor or a shell left them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.settings.variables import given_settings, read_variables, without_space_around

KNOWN = frozenset({"APP_LOG_LEVEL", "APP_WEB__PORT", "APP_KAFKA__BOOTSTRAP_SERVERS", "APP_TOKEN"})


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b"ONE=1\nTWO=2\n", {"ONE": "1", "TWO": "2"}),
        (b"\xef\xbb\xbfONE=1\r\nTWO=2\r\n", {"ONE": "1", "TWO": "2"}),
        (b"export ONE='a b'\nTWO=\"c\"\n# no\n\nTHREE=d # no\n", {"ONE": "a b", "TWO": "c", "THREE": "d"}),
        (b"ONE=pa$$word${HOME}#1\n", {"ONE": "pa$$word${HOME}#1"}),
        (b"", {}),
    ],
)
def test_a_file_is_read_as_it_was_left(dotenv: Path, content: bytes, values: dict[str, str]) -> None:
    dotenv.write_bytes(content)
    read = read_variables(dotenv)
    assert {name: read.values[name] for name in values} == values
    assert read.in_file == values.keys()
    assert read.faults == ()


def test_the_environment_wins(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv.write_text("ONE=file\nTWO=file\n")
    monkeypatch.setenv("ONE", "environment")
    read = read_variables(dotenv)
    assert (read.values["ONE"], read.values["TWO"]) == ("environment", "file")
    assert read.in_file == {"TWO"}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("ONE=1\n".encode("utf-16"), "UTF-8"),
        (b"ONE=s3cret\xff\n", "UTF-8"),
        (b"ONE=1\nTWO='s3cret\n", "line 2"),
        (b"ONE=1\n\ns3cret\n", "line 3"),
        (b"ONE=1\ns3cret s3cret\n", "line 2"),
    ],
)
def test_a_file_that_cant_be_read_is_told_and_not_quoted(dotenv: Path, content: bytes, named: str) -> None:
    dotenv.write_bytes(content)
    (fault,) = read_variables(dotenv).faults
    assert str(dotenv) in fault
    assert named in fault
    assert "s3cret" not in fault


def test_no_file_and_a_folder_of_its_name_are_fine(dotenv: Path) -> None:
    assert read_variables(dotenv).in_file == frozenset()
    dotenv.mkdir()
    assert read_variables(dotenv).faults == ()
    assert read_variables(None).in_file == frozenset()


@given(st.text(st.sampled_from(" \t\r\n\v\x85\xa0\u2028\ufeff\u200b")), st.text(st.sampled_from(" \r\n\ufeff")))
def test_white_space_around_a_value_is_left_out(before: str, after: str) -> None:
    assert without_space_around(f"{before}a b{after}") == "a b"


def test_what_is_left_out_is_told() -> None:
    taken = given_settings({"APP_TOKEN": "s3cret\n", "APP_LOG_LEVEL": " \n", "OTHER": " x "}, "APP_", KNOWN)
    assert taken.values == {"APP_TOKEN": "s3cret"}
    assert [remark.split(":")[0] for remark in taken.remarks] == ["APP_TOKEN", "APP_LOG_LEVEL"]
    assert "s3cret" not in str(taken.remarks)


def test_quotes_that_no_shell_took_away_are_told() -> None:
    taken = given_settings({"APP_TOKEN": '"s3cret"'}, "APP_", KNOWN)
    assert taken.values == {"APP_TOKEN": '"s3cret"'}
    assert "quote" in taken.remarks[0]


@pytest.mark.parametrize("inside", ["\n", "\x00", "\x1b", "\x7f", "\u2028", "\udcff"])
def test_a_control_character_within_is_a_fault(inside: str) -> None:
    (fault,) = given_settings({"APP_TOKEN": f"s3{inside}cret"}, "APP_", KNOWN).faults
    assert fault.startswith("APP_TOKEN: ")
    assert "s3" not in fault


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("APP_LOG_LEVL", "APP_LOG_LEVEL?"),
        ("APP_LOGLEVEL", "APP_LOG_LEVEL?"),
        ("app_log_levels", "APP_LOG_LEVEL?"),
        ("APP_KAFKA_BOOTSTRAP_SERVERS", "APP_KAFKA__BOOTSTRAP_SERVERS?"),
        ("APP_BOOTSTRAP_SERVERS", "APP_KAFKA__BOOTSTRAP_SERVERS?"),
        ("APP_KAFKA__BOOTSTRAP_SERVER", "APP_KAFKA__BOOTSTRAP_SERVERS?"),
        ("APP_NONSENSE__AT_ALL", "correct its name"),
        ("APP_KAFKA", "APP_KAFKA__*"),
    ],
)
def test_a_setting_written_wrongly_is_a_fault(name: str, meant: str) -> None:
    (fault,) = given_settings({name: "s3cret"}, "APP_", KNOWN).faults
    assert fault.startswith(f"{name.upper()}: ")
    assert meant in fault
    assert "s3cret" not in fault


def test_what_resembles_no_setting_is_told_and_forbids_nothing() -> None:
    taken = given_settings({"APP_IMAGE": "x"}, "APP_", KNOWN)
    assert taken.faults == ()
    assert taken.remarks[0].startswith("APP_IMAGE: there is no such setting")


@pytest.mark.parametrize(
    "name",
    ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR", "WEB_PORT"],
)
def test_what_kubernetes_says_of_a_service_of_our_name_is_nothing_to_us(name: str) -> None:
    taken = given_settings({f"APP_{name}": "tcp://10.0.0.1:80"}, "APP_", KNOWN)
    assert (taken.values, taken.faults, taken.remarks) == ({}, (), ())
