"""What is read of all workers: their parts, put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson

from connector.web.api.fleet import Answers, Fleet, Silent
from connector.web.api.operations import Served, path_of
from connector.web.api.problems import Problem
from connector.web.api.reconciles import Reconciles
from connector.web.api.told import OwnPart, WorkerPart
from connector.web.pages import Pages

_UNTIL_MODE = b',"mode":'
_LINES_AT_ONCE = 200
"""To be sent: one by one they would hold up the loop."""


@dataclass(frozen=True, slots=True)
class View:
    """A look at all workers: what the console shows. `merchants`: rows by what tells them apart, in their order."""

    fleet: bytes
    merchants: Mapping[bytes, bytes]
    alerts: bytes
    complete: bool


class Reads:
    """Long answers are written in the thread of `pages`."""

    def __init__(self, own: OwnPart, fleet: Fleet, pages: Pages, *, reconciles: Reconciles) -> None:
        self._own = own
        self._fleet = fleet
        self._pages = pages
        self._reconciles = reconciles
        self._parts: Mapping[Served, Callable[[], Iterator[bytes]]] = {
            Served.FLEET: own.fleet,
            Served.STATUS: own.whole_merchants,
            Served.MERCHANTS: own.merchants,
            Served.ALERTS: own.alerts,
            Served.RECONCILES: lambda: own.of_lines(reconciles.lines()),
        }

    async def own_part(self, served: object, ids: Mapping[str, str] = MappingProxyType({})) -> bytes:
        """What another worker puts together with its own. Raises Problem for what has no parts."""
        if served is Served.MERCHANT:
            return b"".join(self._own.whole_merchants(ids["merchant_id"]))
        if served is Served.RECONCILE:
            return b"".join(self._own.of_lines(self._reconciles.whole(ids["reconcile_id"])))
        if not isinstance(served, Served) or served not in self._parts:
            raise Problem(404, "No part", "this is not put together of parts", remedy="ask without the header")
        return b"".join(await self._pages.page(f"part of {served}", self._parts[served], packed=False))

    async def fleet(self) -> bytes:
        return _fleet(await self._ask(Served.FLEET))

    async def merchants(self) -> Iterator[bytes]:
        answers = await self._ask(Served.MERCHANTS)
        return _listed({"silent_workers": _silent(answers), **_unheld(answers)}, "merchants", sorted(_lines(answers)))

    async def status(self) -> Iterator[bytes]:
        """As `connector status --json`, of what workers tell."""
        answers = await self._ask(Served.STATUS)
        alerts = {alert["alert_id"]: alert for part in answers.parts for alert in part.head["alerts"]}
        head = {"source": "workers", "silent_workers": _silent(answers), **_unheld(answers)}
        return _listed({**head, "alerts": [*alerts.values()]}, "merchants", sorted(_lines(answers)))

    async def alerts(self) -> Iterator[bytes]:
        answers = await self._ask(Served.ALERTS)
        return _listed({"silent_workers": _silent(answers)}, "alerts", dict.fromkeys(_lines(answers)))

    async def merchant(self, merchant_id: str, path: str) -> bytes:
        """As in `status`, by the one worker that has it. `path`: of the request. Raises Problem."""
        home = self._own.status.home(merchant_id)
        own = await self.own_part(Served.MERCHANT, {"merchant_id": merchant_id})
        answers = await self._fleet.ask(path, own, home)
        for line in _lines(answers):
            return line
        if answers.silent:
            silent = answers.silent[0]
            raise Problem(
                503,
                "The merchant's worker is silent",
                f"{silent.member.worker} has partition {home}, where {merchant_id} is at home: {silent.why}",
                remedy="see its log; `connector status` asks the topics too",
            )
        if not any(home in part.head["partitions"] for part in answers.parts):
            raise Problem(
                503,
                "No worker has the merchant",
                f"no worker has partition {home}, where {merchant_id} is at home",
                remedy="wait for the group's rebalance, or start a worker; `connector status` asks the topics too",
            )
        raise Problem(
            404,
            "No such merchant",
            f"{merchant_id}: the merchants file does not name it, and nothing of it waits",
            remedy="give a merchant_id of the merchants file; GET /api/v1/merchants lists them",
        )

    async def reconciles(self) -> Iterator[bytes]:
        """The newest first, of each worker."""
        answers = await self._ask(Served.RECONCILES)
        return _listed({"silent_workers": _silent(answers)}, "reconciles", _lines(answers))

    async def reconcile(self, reconcile_id: str, path: str) -> bytes:
        """With its report, by the worker that ran it. `path`: of the request. Raises Problem."""
        own = await self.own_part(Served.RECONCILE, {"reconcile_id": reconcile_id})
        answers = await self._fleet.ask(path, own)
        for line in _lines(answers):
            return line
        silent = f"; silent are {', '.join(_silent(answers))}" if answers.silent else ""
        raise Problem(
            404,
            "No such reconcile",
            f"no worker that answers knows it{silent}",
            remedy="a worker forgets at its end what it ran: start it again",
        )

    async def view(self) -> View:
        """All that `changes` tells of."""
        fleet, merchants = await self._ask(Served.FLEET), await self._ask(Served.MERCHANTS)
        alerts = await self.alerts()
        return View(
            fleet=_fleet(fleet),
            merchants={line.partition(_UNTIL_MODE)[0]: line for line in sorted(_lines(merchants))},
            alerts=b"".join(alerts),
            complete=not merchants.silent and not _unheld(merchants)["partitions_unheld"],
        )

    async def _ask(self, served: Served) -> Answers:
        return await self._fleet.ask(path_of(served), await self.own_part(served))


def _lines(answers: Answers) -> Iterator[bytes]:
    for part in answers.parts:
        yield from part.lines


def _listed(head: Mapping[str, Any], name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
    """The JSON of it, in pieces."""
    yield orjson.dumps(head)[:-1] + b',"' + name.encode() + b'":['
    between, left = b"", iter(lines)
    while some := b",".join(islice(left, _LINES_AT_ONCE)):
        yield between + some
        between = b","
    yield b"]}"


def _silent(answers: Answers) -> list[str]:
    return [silent.member.url or silent.member.worker for silent in answers.silent]


def _unheld(answers: Answers) -> dict[str, list[int]]:
    """The partitions that none of the workers that answered has."""
    held = {number for part in answers.parts for number in part.head["partitions"]}
    return {"partitions_unheld": sorted(set(range(_partition_count(answers))) - held)}


def _partition_count(answers: Answers) -> int:
    return max(int(part.head["partition_count"]) for part in answers.parts)


def _fleet(answers: Answers) -> bytes:
    silent = {number for one in answers.silent for number in one.member.partitions}
    unheld = [number for number in _unheld(answers)["partitions_unheld"] if number not in silent]
    workers = [*(_answering(part, answers) for part in answers.parts), *map(_not_answering, answers.silent)]
    refused = {part.head["merchants_file_refused"] for part in answers.parts} - {None}
    return orjson.dumps(
        {
            "workers": sorted(workers, key=lambda worker: str(worker["worker"])),
            "partition_count": _partition_count(answers),
            "partitions_unheld": unheld,
            "merchants_file_refused": sorted(refused),
        }
    )


def _answering(part: WorkerPart, answers: Answers) -> dict[str, Any]:
    member = answers.members.get(part.worker)
    return {
        "worker": part.worker,
        "url": member.url if member else "",
        "answers": True,
        "why": "",
        "partitions": part.head["partitions"],
        "lag": part.head["lag"],
        "version": part.head["version"],
    }


def _not_answering(silent: Silent) -> dict[str, Any]:
    """`partitions`: as Kafka knows them."""
    return {
        "worker": silent.member.worker,
        "url": silent.member.url,
        "answers": False,
        "why": silent.why,
        "partitions": sorted(silent.member.partitions),
        "lag": None,
        "version": None,
    }
