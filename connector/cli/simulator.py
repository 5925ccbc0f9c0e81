"""`connector simulator`: the SmartConnect simulator as an HTTP server."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Annotated

import typer
import uvloop
from botocore.exceptions import BotoCoreError

from connector.cli.shared.screen import tell
from connector.foreign.aws import aws_fault
from connector.simulator import Delivery, Limit, Simulator, Switches, parse_fault, serve
from connector.simulator.base.fault_syntax import SYNTAX
from connector.simulator.base.limits import OPERATIONS
from connector.simulator.base.switches import describe
from connector.simulator.manners.catalogue import ODD
from connector.simulator.manners.catalogue import describe as describe_manners
from connector.simulator.manners.manners import SYNTAX as MANNER_SYNTAX
from connector.simulator.notifications.sqs import sqs_notify

Texts = list[str] | None
MerchantOption = Annotated[
    Texts,
    typer.Option(
        metavar="ID=REFRESH_TOKEN",
        help="A merchant and its refresh token; repeat it. With none, every refresh token is its own merchant, "
        "named by what follows its first | (Atzr|A2EXAMPLE is A2EXAMPLE), or by the whole token.",
    ),
]
FaultOption = Annotated[Texts, typer.Option(metavar="FAULT", help=f"Repeat it. {SYNTAX}.")]
LimitOption = Annotated[
    Texts,
    typer.Option(
        metavar="OPERATION=RATE/BURST",
        help=f"Calls a second, and extra calls, of every merchant; repeat it. Operations: {', '.join(OPERATIONS)}.",
    ),
]
SwitchOption = Annotated[
    Texts,
    typer.Option(
        metavar="NAME=VALUE", help=f"What Amazon leaves open; repeat it. All are listed below.\n\n{describe()}"
    ),
]
MannersOption = Annotated[
    str, typer.Option(metavar="odd|list", help="odd: every manner at its own share; list: print them all, and end.")
]
MannerOption = Annotated[
    Texts, typer.Option(metavar="MANNER", help=f"How oddly Amazon answers; repeat it. {MANNER_SYNTAX}.")
]


def simulator(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    merchant: MerchantOption = None,
    fault: FaultOption = None,
    limit: LimitOption = None,
    switch: SwitchOption = None,
    manners: MannersOption = "",
    manner: MannerOption = None,
    client_id: Annotated[str, typer.Option(help="Checked by the token endpoint where given.")] = "",
    client_secret: Annotated[str, typer.Option(help="Checked by the token endpoint where given.")] = "",
    queue_url: Annotated[str, typer.Option(help="SQS queue for notifications; AWS's own variables apply.")] = "",
    notification_loss: Annotated[float, typer.Option(help="Share of notifications lost, 0 to 1.")] = 0.0,
    notification_duplication: Annotated[float, typer.Option(help="Share of notifications sent twice.")] = 0.0,
    notification_late_s: Annotated[float, typer.Option(help="Each is late by up to so many seconds.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Makes chance repeatable.")] = 0,
) -> None:
    """Run the SmartConnect simulator: a stateful fake of Amazon for tests, demos and development.

    The API, the token endpoint (/auth/o2/token) and the controls (/simulator/state, /simulator/calls,
    /simulator/inventory, /simulator/shipments, /simulator/effects, /simulator/faults, /simulator/manners, ...)
    share one port. Set CONNECTOR_SMARTCONNECT__BASE_URL and CONNECTOR_SMARTCONNECT__TOKEN_URL to what it prints.
    """
    if manners == "list":
        for line in describe_manners().splitlines():
            tell(line)
        return
    try:
        made = Simulator(
            dict(_pair("--merchant", text) for text in merchant or []),
            switches=_switches(switch or []),
            limits=_limits(limit or []),
            seed=seed,
        )
        made.tokens.client = (client_id, client_secret) if client_id or client_secret else None
        made.notifications.notify = sqs_notify(queue_url) if queue_url else None
        made.faults.active.extend(parse_fault(text) for text in fault or [])
        for text in [*_all_manners(manners), *(manner or [])]:
            made.manner(text)
    except BotoCoreError as error:
        raise typer.BadParameter(aws_fault(error)) from None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    made.notifications.delivery = Delivery(
        loss=notification_loss, duplication=notification_duplication, late_s=notification_late_s
    )
    uvloop.run(_serve(made, host, port))


async def _serve(made: Simulator, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(made, host=host, port=port) as url:
        tell(f"CONNECTOR_SMARTCONNECT__BASE_URL={url}")
        tell(f"CONNECTOR_SMARTCONNECT__TOKEN_URL={url}/auth/o2/token")
        await stop.wait()


def _switches(texts: Sequence[str]) -> Switches:
    switches = Switches()
    for text in texts:
        switches.set(*_pair("--switch", text))
    return switches


def _limits(texts: Sequence[str]) -> dict[str, Limit]:
    limits = {name: Limit.parse(value) for name, value in (_pair("--limit", text) for text in texts)}
    if unknown := sorted(set(limits) - set(OPERATIONS)):
        raise ValueError(f"--limit names no operation: {', '.join(unknown)}; known: {', '.join(OPERATIONS)}")
    return limits


def _all_manners(text: str) -> list[str]:
    if text not in ("", ODD):
        raise ValueError(f"--manners {text!r}: write {ODD} or list")
    return [text] if text else []


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise ValueError(f"{option} {text!r}: write NAME=VALUE")
    return name, value
