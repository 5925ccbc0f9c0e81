"""The nightly reconciles of the merchants whose home is here, where the merchants file says when.

Each is the command of the same name as a child process, one at a time: it has a pace of its own, and whatever becomes
of it, the worker goes on. Which night was made is a row of `seen`, so neither a restart nor the merchant's next owner
makes it twice, unless it was cut off; and a night that nobody made in time is made late.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, assert_never

import msgspec

from connector.agents.alerts import Alerts
from connector.agents.issuer import Issuer
from connector.agents.merchants.reconciles.told import NightsTold
from connector.child_commands.bounded import Ended
from connector.domain.alerts import AlertKind, Severity
from connector.domain.internal_commands import FinishReconcile
from connector.domain.reconcile.nights import Compared, Night, NotCompared, night_of, reconcile_id
from connector.merchants import Merchant, Merchants
from connector.tables.seen import Seen, seen_key

LOOK_FOR_NIGHTS_EVERY_S = 30.0
RECONCILED_WITHIN_S = 6 * 3600.0  # a run's; 32,000 SKUs at the quarter of the usual limit
AGAIN_AFTER_MS = 60 * 60 * 1000  # of a night that failed
SUBJECTS: Mapping[str, Literal["inventory", "orders", "returns"]] = {
    "stock": "inventory",
    "orders": "orders",
    "returns": "returns",
}
"""What is compared, and the switch of the merchants file that it hangs on."""

RunCommand = Callable[[Sequence[str], float], Awaitable[Ended]]
"""run(arguments, within seconds)."""

log = logging.getLogger(__name__)


class _Counts(msgspec.Struct):
    """What `connector reconcile ... --counts --json` writes."""

    checked: int
    kinds: dict[str, int]
    unanswered: int


class NightlyReconciles:
    """`told`: what metrics say of the runs. `merchants`: as the merchants file has them now."""

    def __init__(
        self,
        seen: Seen,
        alerts: Alerts,
        issuer: Issuer,
        *,
        told: NightsTold,
        merchants: Callable[[], Merchants],
        run: RunCommand,
    ) -> None:
        self._seen = seen
        self._alerts = alerts
        self._issuer = issuer
        self._told = told
        self._merchants = merchants
        self._run_command = run
        self._here: dict[str, int] = {}
        self._made: set[tuple[str, str]] = set()
        self._again_ms: dict[str, int] = {}
        self._running: asyncio.Task[Ended] | None = None

    def open(self, merchant: Merchant, partition: int) -> Iterable[None]:
        """The merchant arrived here, or its place in the file changed."""
        if merchant.reconcile_at:
            self._here[merchant.merchant_id] = partition
        else:
            for what in SUBJECTS:
                self._alerts.end_alert(merchant.merchant_id, AlertKind.DRIFT, what)
        return ()

    def close(self) -> None:
        """All partitions were given up, and a run with them: the next owners make it."""
        self._here = {}
        self._made.clear()
        self._told.forget()
        if self._running is not None:
            self._running.cancel()

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_FOR_NIGHTS_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Makes what is due, one after the other."""
        for merchant, night in tuple(self._due()):
            await self._make(merchant, night)

    def _due(self) -> Iterator[tuple[Merchant, str]]:
        now_ms, merchants = self._issuer.now_ms(), self._merchants()
        for merchant_id, partition in self._here.items():
            merchant = merchants.get(merchant_id)
            if merchant is None or not merchant.reconcile_at or self._again_ms.get(merchant_id, 0) > now_ms:
                continue
            self._told.expect(merchant_id, _subjects(merchant))
            night = night_of(merchant.reconcile_at, now_ms)
            is_seen = self._seen.get(partition, seen_key(merchant_id, reconcile_id(night))) is not None
            if not is_seen and (merchant_id, night) not in self._made:
                yield merchant, night

    async def _make(self, merchant: Merchant, night: str) -> None:
        here, merchant_id = self._here, merchant.merchant_id
        has_failed = False
        for what in _subjects(merchant):
            came_to = await self._compare(merchant_id, what) if merchant_id in here else None
            if here is not self._here or came_to is None:
                return  # it is another worker's by now
            self._told.note(merchant_id, what, came_to, self._issuer.now_ms())
            self._alert(merchant_id, what, came_to)
            has_failed |= isinstance(came_to, NotCompared)
        if has_failed:
            self._again_ms[merchant_id] = self._issuer.now_ms() + AGAIN_AFTER_MS
            return
        self._made.add((merchant_id, night))
        await self._issuer.issue(here[merchant_id], merchant_id, FinishReconcile(night))

    async def _compare(self, merchant_id: str, what: str) -> Night | None:
        """None: it was cut off."""
        arguments = ("reconcile", what, "--merchant", merchant_id, "--counts", "--json")
        running = self._running = asyncio.ensure_future(self._run_command(arguments, RECONCILED_WITHIN_S))
        try:
            await asyncio.wait({running})
        finally:
            running.cancel()
            self._running = None
        if running.cancelled():
            return None
        fault = running.exception()
        return _came_to(running.result()) if fault is None else NotCompared(f"it can't be run: {fault}")

    def _alert(self, merchant_id: str, what: str, came_to: Night) -> None:
        """Only a clean run ends it: one that failed, or that Amazon did not answer, says nothing."""
        facts = {"merchant": merchant_id, "what": what}
        match came_to:
            case NotCompared(because):
                log.error("a nightly reconcile failed", extra={**facts, "because": because})
            case Compared(drifts=drifts) if drifts:
                kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(came_to.kinds.items()))
                log.warning("a nightly reconcile found drifts", extra={**facts, "kinds": kinds})
                self._alerts.raise_alert(
                    merchant_id,
                    AlertKind.DRIFT,
                    Severity.WARNING,
                    what,
                    message=f"{what}: Amazon shows other than is known here: {kinds}, of {came_to.checked} compared",
                    remedy=f"`connector reconcile {what} --merchant {merchant_id}` names each, with its remedy; "
                    "--repair mends what can be; this ends with the next night that finds none",
                )
            case Compared(unanswered=0):
                log.info("a nightly reconcile found no drift", extra={**facts, "checked": came_to.checked})
                self._alerts.end_alert(merchant_id, AlertKind.DRIFT, what)
            case Compared():
                log.warning("a nightly reconcile had no answer for some", extra={**facts, "count": came_to.unanswered})
            case _:
                assert_never(came_to)


def _subjects(merchant: Merchant) -> list[str]:
    return [what for what, switch in SUBJECTS.items() if any(merchant.flows(one, switch) for one in merchant.locations)]


def _came_to(ended: Ended) -> Night:
    """Exit code 1 is a drift too: what it wrote tells which."""
    if ended.is_too_long:
        return NotCompared("it wrote more than is read of it")
    if ended.code is None:
        return NotCompared(f"it took longer than {RECONCILED_WITHIN_S:g} s")
    try:
        counts = msgspec.json.decode(ended.out, type=_Counts)
    except msgspec.MsgspecError:
        return NotCompared(ended.last_line or f"exit code {ended.code}")
    return Compared(counts.checked, counts.kinds, counts.unanswered)
