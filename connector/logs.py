"""Log lines. Secrets and buyers' data are kept out where values are made; nothing here needs to hide them."""

import logging
import sys

import structlog

QUIET = (
    "faust",
    "aiokafka",
    "kafka",
    "mode",
    "botocore",
    "boto3",
    "urllib3",
    "httpx",
    "httpx2",
    "aiohttp",
    "asyncio",
    "werkzeug",
)


def set_up_logging(log_format: str, level: str) -> None:
    """One line an event on stderr, as JSON or for a terminal. Libraries only from WARNING on."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
