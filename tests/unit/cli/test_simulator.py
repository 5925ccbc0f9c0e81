"""`connector simulator`: options, what it prints, and its end."""

import asyncio
import signal
import sys

import aiohttp
import pytest
from typer.testing import CliRunner

from connector.cli import build


async def test_it_serves_as_its_options_say_until_a_signal() -> None:
    options = ("--port", "0", "--merchant", "M1=secret", "--limit", "inventory=3/1", "--switch", "codes=sc")
    more = ("--fault", "503,op=returns", "--notification-loss", "0.25", "--manners", "odd", "--manner", "nulls=0.9")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connector", "simulator", *options, *more, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            base, token = [(await process.stdout.readline()).decode().strip().partition("=")[2] for _ in range(2)]
            assert token == f"{base}/auth/o2/token"
            async with http.post(token, data={"grant_type": "refresh_token", "refresh_token": "secret"}) as response:
                assert response.status == 200
            async with http.get(f"{base}/simulator/state") as response:
                state = await response.json()
            assert state["switches"]["codes"] == "sc"
            assert state["merchants"]["M1"]["limits"]["inventory"] == {"rate": 3.0, "burst": 1, "advertised": None}
            assert [(fault["kind"], fault["operation"]) for fault in state["faults"]] == [("503", "returns")]
            async with http.get(f"{base}/simulator/manners") as response:
                active = (await response.json())["active"]
            assert active["label-void"] == {"share": 0.1, "match": ""}
            assert active["nulls"] == {"share": 0.9, "match": ""}
            async with http.patch(f"{base}/simulator/notifications", json={}) as response:
                assert (await response.json())["loss"] == 0.25
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_its_manners_are_listed() -> None:
    result = CliRunner().invoke(build(), ["simulator", "--manners", "list"])
    assert result.exit_code == 0
    assert result.output.startswith("no-eligible-states [odd: 0.3]: ")
    assert "retry-after-huge [odd: by name only]: " in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fault", "99"), "fault kind"),
        (("--limit", "inventory=none"), "is no limit"),
        (("--limit", "invoices=1"), "names no operation"),
        (("--switch", "codes=long"), "codes='long'"),
        (("--merchant", "M1"), "NAME=VALUE"),
        (("--manners", "rude"), "write odd or list"),
        (("--manner", "rude"), "unknown manner 'rude'"),
        (("--manner", "label-void=2"), "a share is from 0 to 1"),
    ],
)
def test_a_bad_option_is_named(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(build(), ["simulator", *arguments])
    assert result.exit_code == 2
    assert message in result.output
