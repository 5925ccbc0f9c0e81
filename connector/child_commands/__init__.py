"""The connector's commands as child processes: what they load and what they break stays theirs."""

import sys


def command_line(*arguments: str) -> list[str]:
    """`connector ARGUMENTS`, by this Python."""
    return [sys.executable, "-m", "connector", *arguments]
