"""How a reconcile's findings are told: a line each, with what it means and the remedy."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.cli.reconcile.session import Reconciled
from connector.cli.shared.screen import Form, remark, tell, tell_csv, tell_json
from connector.domain.reconcile.kinds import EXPLANATIONS
from connector.domain.reconcile.verdicts import Drift, Shown

DRIFT_COLUMNS = ("merchant", "what", "location", "id", "kind", "here", "there", "meaning", "remedy", "mended")


@dataclass(frozen=True, slots=True)
class Told:
    """`what`: stock, orders or returns, that is of `things`. `splits`: an id begins with its location and a bar."""

    merchant_id: str
    what: str
    things: str
    splits: bool = False

    def named(self, key: str) -> dict[str, str]:
        """As JSON names it where nothing is known of it but its key."""
        location_id, _, name = key.partition("|") if self.splits else ("", "", key)
        return ({"location": location_id} if self.splits else {}) | {"id": name}

    def place(self, key: str, drift: Drift) -> tuple[str, str]:
        """The location, and the id."""
        if self.splits:
            location_id, _, name = key.partition("|")
            return location_id, name
        return str((drift.there or drift.here).get("location_id") or ""), key


def tell_counts(told: Told, result: Reconciled, form: Form) -> None:
    """How many of each kind, not which."""
    found, kinds = result.found, dict(sorted(_kinds(result).items()))
    if form == "json":
        tell_json(
            _head(told, result) | {"kinds": kinds, "not_judged": len(found.moving), "unanswered": len(found.unanswered)}
        )
    elif form == "csv":
        tell_csv(
            [("merchant", "what", "kind", "drifts"), *((told.merchant_id, told.what, *each) for each in kinds.items())]
        )
    else:
        for line in _summary(told, result):
            tell(line)


def tell_reconciled(told: Told, result: Reconciled, form: Form) -> None:
    found = result.found
    if form == "json":
        tell_json(
            _head(told, result)
            | {
                "drifts": [_record(told, key, drift, result) for key, drift in found.drifts.items()],
                "not_judged": [told.named(key) | {"because": why} for key, why in found.moving.items()],
                "unanswered": [told.named(key) | {"answer": why} for key, why in found.unanswered.items()],
            }
        )
        return
    if form == "csv":
        records = [_record(told, key, drift, result) for key, drift in found.drifts.items()]
        rows = [
            [_shown(record[name]) if name in ("here", "there") else record[name] for name in DRIFT_COLUMNS]
            for record in records
        ]
        tell_csv([DRIFT_COLUMNS, *rows])
    else:
        for key, drift in found.drifts.items():
            tell(_line(told, key, drift, result))
    say = remark if form == "csv" else tell
    for line in _summary(told, result):
        say(line)


def _head(told: Told, result: Reconciled) -> dict[str, Any]:
    """What every form of JSON begins with."""
    return {
        "merchant": told.merchant_id,
        "what": told.what,
        "checked": result.found.checked,
        "standing": result.standing,
    }


def _record(told: Told, key: str, drift: Drift, result: Reconciled) -> dict[str, Any]:
    location_id, name = told.place(key, drift)
    explained = EXPLANATIONS[drift.kind]
    return {
        "merchant": told.merchant_id,
        "what": told.what,
        "location": location_id,
        "id": name,
        "kind": str(drift.kind),
        "here": dict(drift.here),
        "there": dict(drift.there),
        "meaning": explained.meaning,
        "remedy": explained.remedy,
        "mended": key in result.mended,
    }


def _line(told: Told, key: str, drift: Drift, result: Reconciled) -> str:
    location_id, name = told.place(key, drift)
    explained = EXPLANATIONS[drift.kind]
    at = f" at {location_id}" if location_id else ""
    end = "it is mended" if key in result.mended else explained.remedy
    here, there = _shown(drift.here) or "nothing", _shown(drift.there) or "nothing"
    return f"{name}{at}: {drift.kind}: {explained.meaning}; here {here}; at Amazon {there}; {end}"


def _shown(facts: Shown) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, ""))


def _summary(told: Told, result: Reconciled) -> Iterator[str]:
    found = result.found
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(_kinds(result).items()))
    mended = f", {len(result.mended)} of them mended" if result.mended else ""
    yield (
        f"{told.what} of {told.merchant_id}: {found.checked} {told.things} compared, {len(found.drifts)} drifts"
        f"{f' ({kinds})' if kinds else ''}{mended}"
    )
    for why, count in Counter(found.moving.values()).items():
        yield f"{count} {told.things} were not judged, for they were on the move: {why}"
    for why, count in Counter(found.unanswered.values()).items():
        yield f"{count} {told.things} could not be read at Amazon: {why}; run it again"


def _kinds(result: Reconciled) -> Counter[str]:
    return Counter(str(drift.kind) for drift in result.found.drifts.values())
