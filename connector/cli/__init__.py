"""The `connector` command. Each command has a module, imported when the command is called or its own help is asked.

The module has the command under its own name: a function, or a Typer where the command has commands of its own.
Exit codes: 0 done, 1 failed, 2 called or configured wrongly (one clear text on stderr, never a traceback).
"""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from connector.errors import ConnectorError
from connector.logs import set_up_quiet_logging
from connector.terminal import visible_lines

COMMANDS = {
    "demo": "Run the connector against a simulated Amazon for half a minute; exit code 0 only if everything was right.",
    "worker": "Run a worker until SIGTERM or SIGINT; exit code 1 after a surprise, for a supervisor to start it again.",
    "simulator": "Run the SmartConnect simulator: a stateful fake of Amazon for tests, demos and development.",
    "rehearse": "Rehearse going live: the OMS itself against a simulated Amazon, in topics apart; with a certificate.",
    "topics": "The Kafka topics that the connector needs.",
    "partitions": "More partitions for an installation that has state.",
    "ledger": "The ledger of inventory sequence numbers.",
    "reconcile": "Amazon's numbers, orders and returns against what is known here, and mending what differs.",
    "inventory": "Stop selling: stock to 0 at Amazon at once, and back; quantities sent again; how long they take.",
    "listings": "How the SKUs of the OMS are called at Amazon; whose packages are not as Amazon recommends.",
    "merchants": "Pause, resume and check merchants.",
    "status": "Per merchant: mode, backlog, limit use, the oldest that waits, whether it is suspended and why.",
    "history": "Show what happened to a shipment, SKU, command or return: one line of time, by topics and archive.",
    "shipments": "Shipments still to be handed over: by age, ship-by and what will be late; read again from Amazon.",
    "export": "Write the events of topics, each once, as Parquet or Iceberg tables, partitioned by day and merchant.",
    "archive": "Finished days' events in the document store, without buyers' data, for disputes of much later.",
    "returns": "What comes back: by the id that the dock scans.",
    "alerts": "What a person should look at: parked and contested SKUs, say; and trying them again.",
    "audit": "Show who changed what by a command or the control API, the newest first, and how it ended.",
    "changelog": "Rows of the tables that can't be read: look, and delete what nothing can mend.",
    "dead-letters": "Records that could not be used: look, correct the cause, retry.",
    "replay": "Send chosen records of a topic again, the same bytes and key; a header says where from.",
    "onboard": "A seller's consent, and the refresh token it gives.",
    "notifications": "Amazon's notifications.",
    "purge": "Remove what is kept of a merchant who left: rows, documents, archive; without --yes only say it.",
    "migrate": "From another integrator to this connector.",
}
"""By name, what `connector --help` says of a command: of a function, the first line of its docstring."""

_ROOMS = {
    "archive": "parquet.",
    "audit": "records.",
    "changelog": "records.",
    "dead-letters": "records.",
    "export": "parquet.",
    "history": "history.",
    "inventory": "stock.",
    "ledger": "stock.",
    "notifications": "notifications.",
    "listings": "stock.",
    "partitions": "partitions.",
    "reconcile": "reconcile.",
    "rehearse": "rehearse.",
    "replay": "records.",
}
"""Commands whose module is not right here."""


class _Commands(TyperGroup):
    """Help, completion and suggestions go by names and lines alone; only what resolves a call imports a module."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, short_help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # Any: typer keeps click's types to itself
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and load_command(name), rest  # no name: completion of a command that does not exist


def module_of(name: str) -> str:
    """The module of the command that is called by this name."""
    return f"connector.cli.{_ROOMS.get(name, '')}{name.replace('-', '_')}"


def load_command(name: str) -> Any:
    """The click command, or group of commands, that is called by this name, with its options and whole help."""
    command = getattr(import_module(module_of(name)), name.replace("-", "_"))
    app = _plain_app()
    if not isinstance(command, typer.Typer):
        app.command(name)(command)
        return get_group(app).commands[name]
    app.add_typer(command, name=name, help=COMMANDS[name], no_args_is_help=True)
    group: Any = get_group(app).commands[name]
    for inner in group.commands.values():
        inner.short_help = inner.help.splitlines()[0]  # whole: click would cut it to the width of the screen
    return group


def build() -> typer.Typer:
    app = _plain_app(cls=_Commands, no_args_is_help=True, context_settings={"max_content_width": 120})

    @app.callback()
    def _root(
        _version: Annotated[
            bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
        ] = False,
    ) -> None:
        """Kafka to Amazon SmartConnect and back."""

    return app


def main() -> None:
    set_up_quiet_logging()
    try:
        build()()
    except ConnectorError as error:
        typer.echo(visible_lines(str(error)), err=True)
        sys.exit(error.exit_code)


def _plain_app(**attributes: Any) -> typer.Typer:
    """Help as plain text: rich takes as long as all else of the start, and swallows square brackets as markup."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,  # its tracebacks print local variables, secrets too
        **attributes,
    )


def _tell_version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version  # here: a quarter of the start, for this option alone

    try:
        typer.echo(f"connector {version('smartconnect-connector')}")
    except PackageNotFoundError:
        raise ConnectorError("the version is the installed package's, and it is not installed: pip install .") from None
    raise typer.Exit
