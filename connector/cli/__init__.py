"""The `connector` command: one module per command, each with `register(app)`.

Exit codes: 0 done, 1 failed, 2 called or configured wrongly (one clear text on stderr, never a traceback).
"""

import sys
from importlib import import_module

import typer

from connector.errors import ConnectorError

COMMANDS = (
    "demo",
    "worker",
    "simulator",
    "topics",
    "ledger",
    "listings",
    "merchants",
    "status",
    "dead-letters",
    "replay",
    "onboard",
    "notifications",
    "migrate",
)


def build() -> typer.Typer:
    app = typer.Typer(
        help="Kafka to Amazon SmartConnect and back.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # its tracebacks print local variables, secrets too
    )

    @app.callback()
    def _root() -> None:
        """Kafka to Amazon SmartConnect and back."""  # a callback keeps a single command a sub-command

    for command in COMMANDS:
        import_module(f"connector.cli.{command.replace('-', '_')}").register(app)
    return app


def main() -> None:
    try:
        build()()
    except ConnectorError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
