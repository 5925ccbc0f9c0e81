"""May this merchant be called at all? A refusal of its access suspends all of its lanes (guarantee G9)."""

from connector.lanes.backoff import probe_wait_s

NOTHING_WORKS_S = 10.0  # since the first 403, with no call accepted in between
OPERATIONS_FORBIDDEN = 2
UNREACHABLE_S = 60.0  # with no call answered


class Access:
    """Shared by a merchant's lanes. While suspended, one call per wait goes out as a probe.

    `suspended_because`: it was suspended when its lanes were closed, here or on another worker; the first call probes.
    """

    def __init__(self, suspended_because: str | None = None) -> None:
        self.suspended_because = suspended_because or ""
        self._refusals = 0 if suspended_because is None else 1
        self._probing = False
        self._probe_at = 0.0
        self._forbidden: frozenset[str] = frozenset()
        self._forbidden_since = 0.0
        self._unreachable: bool | None = None  # None: not known yet, after a start or a change of the merchants file
        self._unanswered_since: float | None = None

    @property
    def suspended(self) -> bool:
        return self._refusals > 0

    def wait_s(self, now: float) -> float:
        return self._probe_at - now if self.suspended else 0.0

    def begin(self, now: float, chance: float) -> None:
        """A call starts; while suspended it is the probe, and the next one waits its turn."""
        if self.suspended:
            self._probing = True
            self._probe_at = now + probe_wait_s(self._refusals, chance)

    def suspend(self, now: float, because: str, chance: float) -> bool:
        """True where this suspended it, False where it already was. Calls that were in flight then do not count."""
        fresh = not self.suspended
        if fresh or self._probing:
            self._refusals += 1
            self._probing = False
            self._probe_at = now + probe_wait_s(self._refusals, chance)
        self.suspended_because = because
        return fresh

    def forbid(self, operation: str, now: float, because: str, chance: float) -> bool:
        """A 403 belongs to what was asked for, unless several operations get one and nothing works any more. True where
        this suspended the merchant."""
        if not self._forbidden:
            self._forbidden_since = now
        self._forbidden |= {operation}
        several = len(self._forbidden) >= OPERATIONS_FORBIDDEN
        if self.suspended or (several and now - self._forbidden_since >= NOTHING_WORKS_S):
            return self.suspend(now, because, chance)
        return False

    def unanswered(self, now: float) -> bool:
        """True where this makes the merchant unreachable: for a minute none of its calls was answered."""
        if self._unanswered_since is None:
            self._unanswered_since = now
        fresh = not self._unreachable and now - self._unanswered_since >= UNREACHABLE_S
        self._unreachable = self._unreachable or fresh or None
        return fresh

    def answered(self) -> bool:
        """True where it may have been unreachable."""
        was_unreachable = self._unreachable is not False
        self._unreachable, self._unanswered_since = False, None
        return was_unreachable

    def restore(self) -> bool:
        """Amazon took a call. True where it had been suspended."""
        was_suspended = self.suspended
        self._forbidden = frozenset()
        self._refusals, self._probing, self._probe_at, self.suspended_because = 0, False, 0.0, ""
        return was_suspended
