"""Made-up figures of a fleet, in the shapes of the control API: what the console is to show, hostile texts too."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

MARKUP = '<img src=x onerror="document.title=1">'
TURNED = "SKU\u202eGNP.exe"
"""Ends with a name that is written from right to left."""

_REFUSED = "invalid_grant: the refresh token is no longer valid; renew the consent (connector onboard url)"

Figures = dict[str, Any]


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def ago_ms(seconds: float) -> int:
    return int((datetime.now(UTC).timestamp() - seconds) * 1000)


def made_up(merchants: int, seed: int = 7) -> Figures:
    """Everything that is read, by its path."""
    random = Random(seed)
    rows = [_row(number, random) for number in range(merchants)]
    return {
        "fleet": _fleet(),
        "strange": (MARKUP, TURNED),
        "merchants": {row["merchant_id"]: row for row in rows},
        "alerts": _alerts(rows),
        "shipments": _shipments(rows, random),
        "dead_letters": _letters(rows),
        "audit": _audit(rows),
        "reconciles": _reconciles(rows),
    }


def _row(number: int, random: Random) -> dict[str, Any]:
    merchant_id = f"A{number:03d}{random.randrange(36**6):06X}"
    suspended, paused = number % 97 == 11, number % 83 == 5
    backlog = random.choice([0, 0, 0, random.randrange(8), random.randrange(900)])
    return {
        "merchant_id": merchant_id,
        "mode": "observe" if number % 41 == 7 else "active",
        "paused": paused,
        "paused_because": "stock count" if paused else "",
        "paused_by": "maria" if paused else "",
        "paused_at": ago(4000) if paused else None,
        "suspended": suspended,
        "suspended_because": _REFUSED if suspended else "",
        "suspended_remedy": "",
        "backlog": backlog,
        "oldest_waiting_s": round(backlog * random.uniform(0.2, 3), 1) if backlog else None,
        "limit_used": round(min(1.0, backlog / 400 + random.random() * 0.2), 3),
        "alerts": 1 if suspended else 0,
        "late": random.randrange(1, 9) if number % 61 == 3 else 0,
        "at_risk": random.randrange(1, 40) if number % 53 == 9 else 0,
        "zeroed_skus": 1240 if number % 71 == 20 else 0,
        "worker": f"connector-{number % 3}",
    }


def _fleet() -> dict[str, Any]:
    workers = [
        {
            "worker": f"connector-{number}",
            "url": f"http://10.2.0.{11 + number}:6066",
            "answers": True,
            "why": "",
            "partitions": [one for one in range(36) if one % 3 == number],
            "lag": number * 4,
            "version": "0.2.0",
        }
        for number in range(3)
    ]
    return {
        "workers": workers,
        "partition_count": 36,
        "partitions_unheld": [],
        "merchants_file_refused": [],
        "writes": True,
        "at": ago(0),
    }


def _alerts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    def alert(kind: str, severity: str, subject: str, message: str, remedy: str, **more: Any) -> dict[str, Any]:
        told = {"kind": kind, "severity": severity, "subject": subject, "message": message, "remedy": remedy}
        known = {"alert_id": f"{kind}-{subject}".lower(), "merchant_id": rows[0]["merchant_id"], "since": ago(5000)}
        return known | told | more

    suspended = [row["merchant_id"] for row in rows if row["suspended"]]
    return [
        *(
            alert(
                "MERCHANT_SUSPENDED",
                "CRITICAL",
                one,
                "Amazon refuses the merchant's authorisation: " + _REFUSED,
                "`connector merchants check` names the cause; renew the consent with `connector onboard url`",
                merchant_id=one,
            )
            for one in suspended
        ),
        alert(
            "CUTOFF_AT_RISK",
            "CRITICAL",
            "EXSB",
            "37 shipments at EXSB will miss their cut-off; the first 12 that of 16:00",
            "raise the limit of the operation that is slowest, or choose what to reject",
        ),
        alert(
            "SKU_PARKED",
            "WARNING",
            TURNED,
            f"Amazon's answer to {MARKUP} can't be read, five times in a row",
            "correct the cause at Amazon, then `connector alerts retry`",
        ),
        alert(
            "DEAD_LETTERS",
            "WARNING",
            "oms.inventory INVALID",
            "4 records of oms.inventory could not be used, the last 7 minutes ago",
            "`connector dead-letters list`, mend the cause, `connector dead-letters retry`",
            merchant_id="",
        ),
        alert(
            "MEASURES_DIFFER",
            "INFO",
            "SKU-88120",
            "a package was 31 x 22 x 9 cm, and Amazon recommends 30 x 20 x 8 cm",
            "correct the listing's dimensions, or measure the packet",
        ),
    ]


def _shipments(rows: Sequence[Mapping[str, Any]], random: Random) -> list[dict[str, Any]]:
    late = ["SHIP_BY_PASSED", "SHIPMENT_NOT_CONFIRMED", "AT_RISK", "AT_RISK", "AT_RISK"]
    found = []
    for number in range(60):
        kind = late[min(number // 6, 4)]
        cutoff = ago_ms(-900 * (number - 5))
        found.append(
            {
                "merchant_id": rows[number % len(rows)]["merchant_id"],
                "shipment_id": f"SHP{4711000 + number}",
                "order_id": f"402-{number:07d}-1",
                "location_id": "EXSB",
                "status": "ACCEPTED" if number % 2 else "CONFIRMED",
                "since": ago_ms(3600 + number * 60),
                "ship_by": cutoff,
                "pickup_ends": None,
                "cutoff_at": cutoff,
                "done_by": cutoff + 1_800_000,
                "late": [kind],
                "command": random.choice(["Pack", "GenerateShipLabels", ""]),
                "nothing_calls_because": "",
            }
        )
    return found


def _letters(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    why = [
        ("UNDECODABLE", "the value begins with none of the formats that are known"),
        ("INVALID", f"sku: {MARKUP} is not in the listings"),
        ("UNKNOWN_MERCHANT", "the merchants file does not have A9STRANGER"),
        ("INVALID", "quantity: -3 is below 0"),
    ]
    return [
        {
            "id": f"{number % 3}/{17 + number}",
            "partition": number % 3,
            "offset": 17 + number,
            "topic": "oms.inventory",
            "reason": reason,
            "message": message,
            "merchant_id": rows[0]["merchant_id"],
            "failed_at": ago(420 + number * 300),
            "dealt_with": "",
        }
        for number, (reason, message) in enumerate(why)
    ]


def _audit(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    said = [
        ("maria", "merchants pause", "", "stock count", "DONE", ""),
        ("jonas", "inventory zero", "EXSB", "water in the warehouse", "DONE", "1240 SKUs"),
        ("jonas", "dead-letters retry", "0/17", "", "FAILED", MARKUP),
        ("priya", "reconcile stock", "", "figures differ", "BEGUN", ""),
    ]
    return [
        {
            "at": ago(300 + number * 1800),
            "by": by,
            "action": action,
            "merchant_id": rows[number]["merchant_id"],
            "subject": subject,
            "reason": reason,
            "outcome": outcome,
            "message": message,
            "worker": f"connector-{number % 3}",
            "address": "10.2.0.9",
        }
        for number, (by, action, subject, reason, outcome, message) in enumerate(said)
    ]


def _reconciles(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    drift = {
        "merchant": rows[0]["merchant_id"],
        "what": "stock",
        "location": "EXSB",
        "id": "SKU-10022",
        "kind": "OTHER_QUANTITY",
        "here": {"sequence": 18, "quantity": 40, "reserved": None},
        "there": {"sequence": 18, "quantity": 37, "reserved": 2},
        "meaning": "Amazon has another quantity under the same number",
        "remedy": "`--repair` has it sent again",
        "mended": False,
    }
    ahead = {
        "id": TURNED,
        "kind": "SEQUENCE_AHEAD",
        "meaning": "Amazon has a higher number: somebody else posts the SKU",
        "remedy": "stop whoever else posts it; `--repair` has it sent again",
    }
    report = {"checked": 1240, "standing": 2, "drifts": [drift, drift | ahead], "not_judged": [], "unanswered": []}
    report["not_judged"] = [{"location": "EXSB", "id": "SKU-7", "because": "an update is on its way"}]
    done = {
        "reconcile_id": "5f6037c1bda949f2",
        "merchant_id": rows[0]["merchant_id"],
        "subject": "stock",
        "location_id": "",
        "repair": False,
        "rate": None,
        "state": "DONE",
        "message": "",
        "remarks": [],
        "by": "priya",
        "reason": "figures differ",
        "started_at": ago(5000),
        "ended_at": ago(4200),
        "worker": "connector-0",
        "report": report,
    }
    return [done]
