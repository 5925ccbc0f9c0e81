"""One SKU between an OMS's log and Amazon: the ledger's row as the worker keeps it, and what may happen to it."""

from dataclasses import dataclass, field

from connector.agents.inventory.updates import update_result
from connector.domain.inventory.ledger import CallKind, InventoryResult, LedgerRow, LocationCount, Phase
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import CONTESTED_BEAT_MS, settle_inventory
from connector.domain.inventory.updates import (
    InventoryUpdate,
    UpdateVerdict,
    free,
    recount,
    resend,
    seed_sequence,
    take_update,
)
from connector.domain.inventory.zero import in_line
from connector.domain.outcomes import Accepted, Answer, Conflict, Forbidden, Outcome, Refused, Unavailable, Unknown

OK, SAID_409, SAID_400 = Answer(http_status=200), Answer(http_status=409), Answer(http_status=400)
FATES = (*["fine"] * 5, "lost before", "lost after", "numberless", "unknown before", "unknown after", "forbidden")


@dataclass
class AmazonSku:
    """Under one reading of what the documentation leaves open. `sequence` 0: nothing was posted yet, and a level shows
    no number."""

    lower: str
    repeat: str
    sequence: int = 0
    quantity: int = 0
    heard: list[tuple[int, int]] = field(default_factory=list)

    def update(self, sequence: int, quantity: int) -> Outcome[InventoryLevel]:
        self.heard.append((sequence, quantity))
        rule = self.repeat if sequence == self.sequence else self.lower if sequence < self.sequence else "accept"
        if rule == "conflict":
            return Conflict(SAID_409)
        if rule == "refuse":
            return Refused(SAID_400)
        if rule == "accept":
            self.sequence, self.quantity = sequence, quantity
        return self.level(sequence if rule == "ignore-echo" else self.sequence)

    def level(self, sequence: int | None) -> Outcome[InventoryLevel]:
        return Accepted(OK, InventoryLevel(sequence or None, self.quantity, 0))

    def answer(self, row: LedgerRow, kind: CallKind, fate: str) -> Outcome[InventoryLevel]:
        if fate == "lost before":
            return Unavailable(Answer())
        if fate == "unknown before":
            return Unknown(OK)
        if fate == "forbidden":
            return Forbidden(Answer(http_status=403))
        answered = self.update(row.sequence, row.quantity) if kind is CallKind.UPDATE else self.level(self.sequence)
        match fate:
            case "lost after":
                return Unavailable(Answer())
            case "unknown after":
                return Unknown(OK)
            case "numberless":
                return self.level(None)
            case _:
                return answered


@dataclass
class SkuModel:
    """`log`: what the OMS wrote, by offset. `names`: the OMS locations that the merchants file names now.

    `told`: the results by the update that they are of. `unsent`: the number that was bound and not handed to a call.
    `zeroed`: an operator's zero is in force. `blind`: how often Amazon answered oddly, no number to be seen, when it
    was looked at after a refusal.
    """

    amazon: AmazonSku
    names: frozenset[str] = frozenset({"WH1", "WH2"})
    row: LedgerRow | None = None
    now_ms: int = 0
    zeroed: bool = False
    unsent: int | None = None
    blind: int = 0
    log: list[InventoryUpdate] = field(default_factory=list)
    results: list[InventoryResult] = field(default_factory=list)

    def counted(self, name: str, _: LocationCount) -> bool:
        return name in self.names

    @property
    def maybe_sent(self) -> bool:
        row = self.row
        return row is not None and row.phase is not Phase.SETTLED and self.unsent != row.sequence

    def put(self, row: LedgerRow) -> None:
        if row.phase is Phase.SEND and (self.row is None or row.sequence != self.row.sequence):
            self.unsent = row.sequence
        self.row = row

    def say(self, location: str, quantity: int, at_ms: int) -> None:
        offset = len(self.log)
        self.log.append(InventoryUpdate(f"u{offset}", "M", location, "S", quantity, at_ms, offset))
        self.deliver(offset)

    def deliver(self, offset: int) -> UpdateVerdict:
        """For the first time, or once more."""
        update = self.log[offset]
        row, verdict = take_update(
            self.row, update, self.counted, maybe_sent=self.maybe_sent, now_ms=self.now_ms, zeroed=self.zeroed
        )
        self.put(row)
        if (result := update_result(row, update, verdict)) is not None:
            self.results.append(result)
        return verdict

    def edit_file(self, names: frozenset[str]) -> None:
        self.names = names

    def recount(self) -> None:
        """And what an operator's zero, or its end, makes of the row."""
        if self.row is None:
            return
        row, result = in_line(self.row, self.zeroed, self.counted, maybe_sent=self.maybe_sent, now_ms=self.now_ms)
        self.put(row)
        if result is not None:
            self.results.append(result)
        self.put(recount(row, self.counted, maybe_sent=self.maybe_sent, now_ms=self.now_ms))

    def seed(self, sequence: int) -> None:
        """Forced, where it goes back."""
        self.put(seed_sequence(self.row, sequence, self.counted, maybe_sent=self.maybe_sent, now_ms=self.now_ms))

    def resend(self) -> None:
        if self.row is not None:
            self.put(resend(self.row, self.counted, self.now_ms))

    def free(self) -> None:
        if self.row is not None and self.row.trouble is not None:
            self.put(free(self.row, self.counted, self.now_ms))

    def crash(self) -> None:
        """Whoever recovers the row does not know what was sent of it."""
        self.unsent = None

    def call(self, fate: str) -> None:
        if self.row is None or self.row.phase is Phase.SETTLED:
            return
        self.now_ms = max(self.now_ms, self.row.not_before_ms)
        self.unsent = None
        kind = CallKind.UPDATE if self.row.phase is Phase.SEND else CallKind.FETCH
        if kind is CallKind.UPDATE or self.row.refusal is None or fate == "fine":
            self.blind = 0
        elif not fate.startswith("lost"):
            self.blind += 1
        outcome = self.amazon.answer(self.row, kind, fate)
        row, result = settle_inventory(self.row, kind, self.row.sequence, outcome, self.counted, self.now_ms)
        self.put(row)
        if result is not None and result.origin.update_id:
            self.results.append(result)

    def drain(self, calls: int = 20) -> None:
        """Amazon is well again."""
        self.recount()
        for _ in range(calls):
            self.now_ms += CONTESTED_BEAT_MS
            self.call("fine")

    @property
    def wanted(self) -> int:
        """By the newest word of each location that counts: by its time, then by the order of the log."""
        newest: dict[str, InventoryUpdate] = {}
        for update in self.log:
            known = newest.get(update.location_id)
            if known is None or update.occurred_at_ms >= known.occurred_at_ms:
                newest[update.location_id] = update
        return sum(update.quantity for name, update in newest.items() if name in self.names)
