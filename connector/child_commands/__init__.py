"""The connector's commands as child processes: what they load and what they break stays theirs."""

import sys

PROGRAM = (sys.executable, "-m", "connector")
"""`connector`, by this Python."""
