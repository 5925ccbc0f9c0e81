"""`connector demo`: the whole flow in one process, nothing but Python."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from connector.clock import now_ms
from connector.demo.environment import Environment, demo_environment
from connector.demo.oms import Oms
from connector.demo.orders import Orders
from connector.demo.screen import DemoVerdict, demo_progress, verdict
from connector.logs import set_up_logging

_MERCHANTS = {"A1FLEX": "SELLER_FLEX", "A2EASY": "EASY_SHIP", "A3SELF": "SELF_SHIP"}
_SKUS, _BURSTS, _EVERY_S = 25, 5, 2.0
_ORDERS_EACH = 3
_DEADLINE_S = 50.0


def demo() -> None:
    """Run the connector against a simulated Amazon for half a minute; exit code 0 only if everything was right."""
    set_up_logging("console", "ERROR")
    console = Console()
    with tempfile.TemporaryDirectory() as directory:
        ended = asyncio.run(_run(console, Path(directory)))
    for line in ended.lines:
        console.print(line, highlight=False)
    for fault in ended.faults:
        console.print(f"[red]wrong:[/red] {escape(fault)}", highlight=False)
    console.print("the demo failed" if ended.faults else "every update settled, every order ended, calls within limits")
    raise typer.Exit(1 if ended.faults else 0)


async def _run(console: Console, directory: Path) -> DemoVerdict:
    async with demo_environment(_MERCHANTS, directory) as environment:
        oms = Oms(environment.bootstrap_servers, Orders(environment.simulator), now_ms)
        listening = asyncio.create_task(oms.listen())
        writing = asyncio.create_task(oms.write_bursts(list(_MERCHANTS), _SKUS, _BURSTS, _EVERY_S))
        oms.orders.make(_MERCHANTS, _ORDERS_EACH)
        with suppress(TimeoutError):  # then the verdict says what is missing
            async with asyncio.timeout(_DEADLINE_S):
                await _show(console, environment, oms, writing, listening)
        for task in (writing, listening):
            task.cancel()
        await asyncio.gather(writing, listening, return_exceptions=True)
        ended = verdict(environment, oms.tally, oms.orders, list(_MERCHANTS))
        await oms.close()
    return ended


async def _show(
    console: Console, environment: Environment, oms: Oms, writing: asyncio.Task[None], listening: asyncio.Task[None]
) -> None:
    with Live(console=console, refresh_per_second=4) as live:

        def show() -> None:
            live.update(demo_progress(environment, oms.tally, oms.orders, list(_MERCHANTS)))

        while not (writing.done() and oms.tally.everything_settled and oms.orders.everything_ended):
            show()
            if listening.done():
                listening.result()
            await asyncio.sleep(0.25)
        show()
        await writing
