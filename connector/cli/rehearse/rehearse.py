"""`connector rehearse`: the OMS's own programs against a simulated Amazon, and a certificate of what was seen."""

import signal
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connector.cli.rehearse.certificate import Certificate, markdown, record
from connector.cli.rehearse.progress import RehearsalProgress
from connector.cli.rehearse.rehearsal import Rehearsal, Terms, open_rehearsal
from connector.cli.rehearse.sandbox import DEFAULT_PREFIX, Sandbox, check_prefix
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.screen import AsJson, live_picture, remark, tell, tell_json
from connector.clock import now_ms
from connector.errors import InputError
from connector.kafka.topics import INVENTORY
from connector.settings import load_settings

_HOUR_S, _MINUTE_S = 3600.0, 60.0


def rehearse(
    merchant: Annotated[str, typer.Option(help="A merchant_id of the merchants file.")],
    hours: Annotated[float, typer.Option(help="How long; Ctrl-C ends it sooner, with its certificate.")] = 0.0,
    minutes: Annotated[float, typer.Option(help="Besides the hours; an hour where neither is given.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same customers and odd answers.")] = 0,
    orders_per_hour: Annotated[float, typer.Option(help="Of all programs together.")] = 240.0,
    manners: Annotated[str, typer.Option(help="odd: Amazon answers oddly; plain: as it documents.")] = "odd",
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON there, and the same for people beside it: FILE with .md.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="In front of the names of the rehearsal's topics.")] = DEFAULT_PREFIX,
    stop_when_seen: Annotated[bool, typer.Option("--stop-when-seen", help="End when every workflow was seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rehearse going live: the OMS itself against a simulated Amazon, in topics apart; with a certificate.

    Have the OMS put the prefix in front of every topic's name, and work as it will; orders come for what it sends
    stock of. Each workflow of the merchant's programs is seen at work or not, and every record that the OMS wrote
    wrongly is named. Nothing reaches Amazon, other topics or the merchant's store. Exit code 1 where a workflow was not
    seen.

    Example: connector rehearse --merchant A2EXAMPLE --minutes 10 --certificate rehearsal.json
    """
    terms = _terms(hours * _HOUR_S + minutes * _MINUTE_S, seed, orders_per_hour, manners, stop_when_seen)
    check_prefix(prefix)
    _check_writable(certificate)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: its processes end with it
    settings = load_settings()
    known = known_merchant(settings, merchant)
    began_at_ms = now_ms()
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as directory, open_broker(settings) as broker:
        run = datetime.fromtimestamp(began_at_ms / 1000, UTC).strftime("R%y%m%d%H%M%S")
        sandbox = Sandbox(prefix, run, Path(directory))
        remark(f"rehearsal {run}: making topics, starting a simulated Amazon and a worker")
        with open_rehearsal(broker, sandbox, known, terms) as rehearsal:
            remark(f"tell the OMS: every topic's name begins with {prefix} ({sandbox.name(INVENTORY)}, say)")
            with suppress(KeyboardInterrupt), live_picture() as show:
                progress = RehearsalProgress(show)
                rehearsal.run(terms, lambda left_s: _show(rehearsal, progress, left_s))
            made = Certificate(
                merchant_id=merchant,
                prefix=prefix,
                seed=seed,
                began_at_ms=began_at_ms,
                ended_at_ms=now_ms(),
                orders=rehearsal.trade.raised,
                manners=rehearsal.manners(),
                verdicts=rehearsal.verdicts(),
                mistakes=list(rehearsal.mistakes),
            )
    _tell(made, certificate, as_json)
    if not made.is_whole:
        raise typer.Exit(1)


def _terms(seconds: float, seed: int, orders_per_hour: float, manners: str, stops_when_seen: bool) -> Terms:
    """Raises InputError."""
    if seconds < 0:
        raise InputError("--hours, --minutes: give how long it is to last")
    if not 0 < orders_per_hour <= _HOUR_S:
        raise InputError(f"--orders-per-hour {orders_per_hour:g}: give more than 0, and {_HOUR_S:g} at most")
    if manners not in ("odd", "plain"):
        raise InputError(f"--manners {manners}: write odd or plain")
    return Terms(
        seconds=seconds or _HOUR_S,
        seed=seed,
        orders_per_hour=orders_per_hour,
        manners="odd" if manners == "odd" else "",
        stops_when_seen=stops_when_seen,
    )


def _check_writable(file: Path | None) -> None:
    """Before an hour has gone by. Raises InputError."""
    try:
        for each in () if file is None else (file, file.with_suffix(".md")):
            each.open("ab").close()
    except OSError as error:
        raise InputError(f"--certificate {file}: {error.strerror}") from None


def _show(rehearsal: Rehearsal, progress: RehearsalProgress, left_s: float) -> None:
    progress.tell(rehearsal.verdicts(), rehearsal.mistakes, rehearsal.trade.raised, left_s)


def _tell(made: Certificate, file: Path | None, as_json: bool) -> None:
    if file is not None:
        readable = file.with_suffix(".md")
        file.write_bytes(orjson.dumps(record(made), option=orjson.OPT_INDENT_2))
        readable.write_text(markdown(made))
        remark(f"the certificate is in {file} and {readable}")
    if as_json:
        tell_json(record(made))
        return
    for line in markdown(made).splitlines():
        tell(line)
