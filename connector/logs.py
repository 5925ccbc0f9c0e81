"""How a process logs.

Secrets and buyers' data are kept out of our own lines where values are made. What others write, libraries and the texts
of their exceptions, may quote anything: of it the words that errors are made of are left.
"""

import logging
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from connector.foreign.masking import masked
from connector.surprises import told_trace
from connector.terminal import visible, visible_lines

if TYPE_CHECKING:
    import structlog

OURS = "connector"
"""The loggers of this package. Others speak from WARNING on, whatever the level: at DEBUG they tell what they send."""

log = logging.getLogger(__name__)


def set_up_quiet_logging() -> None:
    """For commands that log nothing themselves: a line each for what their libraries warn of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    sys.excepthook = _write_end


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(_text_of(record))


def _text_of(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if record.name.partition(".")[0] == OURS else masked(text)


def _write_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        sys.stderr.write(f"{visible_lines(told_trace(error))}\n")


def set_up_logging(log_format: str, level: str) -> None:
    """One line an event on stderr, as JSON or for a terminal: also what Python itself would write there."""
    import structlog  # slow to import: not for commands

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.ExceptionRenderer(_trace),
        _read,
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


def _rendering(log_format: str) -> "list[structlog.typing.Processor]":
    import structlog

    if log_format == "json":
        return [structlog.processors.JSONRenderer()]
    return [_visible, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _trace(exc_info: "structlog.typing.ExcInfo") -> str:
    return told_trace(exc_info[1])


def _read(_: Any, __: str, event: "structlog.typing.EventDict") -> "structlog.typing.EventDict":
    """Of a library's line what `masked` leaves, and none of its own fields."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] == OURS:
        return event
    ours = {"_record", "_from_structlog", "level", "logger", "timestamp", "exception"}
    return {name: value for name, value in event.items() if name in ours} | {"event": masked(record.getMessage())}


def _visible(_: Any, __: str, event: "structlog.typing.EventDict") -> "structlog.typing.EventDict":
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
