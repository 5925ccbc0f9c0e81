"""Calls beside the workers: each operation at a pace of its own, a share of the merchant's limit."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector.cli.reconcile.amazon.answers import unanswered
from connector.domain.outcomes import Outcome, Throttled, Unauthorized, Unavailable
from connector.errors import ConnectorError, InputError
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect

_SHARE = 4  # one call in so many of the merchant's limit is a reconcile's
_TRIES = 6
_FIRST_REST_S = 2.0
_LONGEST_REST_S = 60.0

T = TypeVar("T")


class PacedAmazon:
    """`rate`: calls per second of any operation, None for its share of the merchant's limit. `api`: what is called.

    The workers know nothing of these calls, and Amazon counts them together: where it says 429 this side rests, for
    longer each time, and leaves the limit to the merchant's own work.
    """

    def __init__(self, merchant: Merchant, api: SmartConnect, rate: float | None) -> None:
        self.api = api
        self._merchant = merchant
        self._rate = rate
        self._next: defaultdict[str, float] = defaultdict(float)

    def rate(self, operation: str) -> float:
        """Raises InputError where more is asked for than the merchants file allows."""
        limit = self._merchant.limits.of(operation).rate
        if self._rate is not None and not 0 < self._rate <= limit:
            raise InputError(f"--rate {self._rate:g}: above 0, and at most {limit:g}, the limit of {operation}")
        return limit / _SHARE if self._rate is None else self._rate

    async def call(self, operation: str, make: Callable[[], Awaitable[CallReport[T]]]) -> Outcome[T]:
        """Tried again while Amazon is busy or away. Raises ConnectorError where it lets the merchant in no more."""
        outcome = await self._one(operation, make)
        for number in range(1, _TRIES):
            match outcome:
                case Unauthorized():
                    said = unanswered(outcome).why
                    raise ConnectorError(f"Amazon lets nobody in: {said}; see `connector merchants check`")
                case Throttled(_, retry_after_s):
                    self._rest(operation, retry_after_s or _FIRST_REST_S * 2**number)
                case Unavailable():
                    self._rest(operation, _FIRST_REST_S * 2 ** (number - 1))
                case _:
                    return outcome
            outcome = await self._one(operation, make)
        return outcome

    async def _one(self, operation: str, make: Callable[[], Awaitable[CallReport[T]]]) -> Outcome[T]:
        now = asyncio.get_running_loop().time()
        at = max(now, self._next[operation])
        self._next[operation] = at + 1 / self.rate(operation)
        await asyncio.sleep(at - now)
        return (await make()).outcome

    def _rest(self, operation: str, rest_s: float) -> None:
        until = asyncio.get_running_loop().time() + min(rest_s, _LONGEST_REST_S)
        self._next[operation] = max(self._next[operation], until)
