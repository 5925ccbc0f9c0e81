"""How a process logs. Secrets and buyers' data are kept out where values are made; nothing here needs to hide them."""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog

from connector.terminal import visible, visible_lines

OURS = "connector"
"""The loggers of this package. Others speak from WARNING on, whatever the level: at DEBUG they tell what they send."""

log = logging.getLogger(__name__)


def set_up_logging(log_format: str, level: str) -> None:
    """One line an event on stderr, as JSON or for a terminal: also what Python itself would write there."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(log_format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level)), force=True)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _log_end
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable


def _rendering(log_format: str) -> list[structlog.typing.Processor]:
    if log_format == "json":
        return [structlog.processors.JSONRenderer()]
    colors = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback  # the other kind shows local variables, secrets too
    return [_visible, structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]


def _visible(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A line each, but for tracebacks."""
    shown = {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}
    return shown | {name: visible_lines(event[name]) for name in ("exception", "stack") if name in event}


def _log_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("an exception that nobody foresaw ends the process", exc_info=(kind, error, trace))


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    name = "" if ended.thread is None else ended.thread.name
    log.error("a thread ended by an exception", exc_info=ended.exc_value, extra={"of": name})


def _log_unraisable(raised: Any) -> None:
    log.error("an exception could not be raised where it happened", exc_info=raised.exc_value)
