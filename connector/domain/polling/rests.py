"""Lists that rest for long: beside their lanes, in which each would take several times as much."""

SLOT_S = 15.0
"""Due times within a slot are looked at together."""

AHEAD_S = 5.0
"""By so much a slot begins, at the latest, before the first of its lists is due."""

MOST_TAKEN = 200


class Rests:
    """Until when each rests, in seconds of one clock. Lists go by their keys."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._slots: dict[int, list[str]] = {}  # what rests until another time by now is there still

    def next_wait_s(self, now: float) -> float | None:
        """Until `take` has something; None: nothing rests."""
        return max(min(self._slots) * SLOT_S - AHEAD_S - now, 0.0) if self._slots else None

    def put(self, key: str, due: float) -> bool:
        """It rests until then, whatever was said before. True where no other slot begins as soon."""
        self._due[key] = due
        number = _slot(due)
        if number in self._slots:
            self._slots[number].append(key)
            return False
        self._slots[number] = [key]
        return min(self._slots) == number

    def drop(self, key: str) -> None:
        """It rests no more."""
        self._due.pop(key, None)

    def take(self, now: float) -> list[tuple[str, float]]:
        """Those of slots that have begun, and when each is due: some of them, where there are many."""
        taken: list[tuple[str, float]] = []
        for number in sorted(self._slots):
            if number * SLOT_S - AHEAD_S > now or len(taken) >= MOST_TAKEN:
                break
            keys = self._slots.pop(number)
            first, rest = keys[:MOST_TAKEN], keys[MOST_TAKEN:]
            if rest:
                self._slots[number] = rest
            for key in first:
                due = self._due.get(key)
                if due is not None and _slot(due) == number:
                    taken.append((key, self._due.pop(key)))
        return taken

    def clear(self) -> None:
        """Nothing rests."""
        self._due.clear()
        self._slots.clear()


def _slot(due: float) -> int:
    return int(due // SLOT_S)
