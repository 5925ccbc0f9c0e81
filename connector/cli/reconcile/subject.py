"""What a reconcile has to know of shipments, or of returns."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connector.domain.internal_commands import InternalAction
from connector.domain.polling.polls import PolledList
from connector.domain.reconcile.trade import TradeTerms
from connector.domain.reconcile.verdicts import Verdict
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

Row = TypeVar("Row")
Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeSubject(Generic[Row, Facts]):
    """Shipments, or returns. `read` is of the operation `operation`; `open_lists`, `closed_lists` are of a merchant.

    `facts_of` a row. `is_open`: something is still expected. `places`: Amazon's names of where it is.
    `is_told`: the merchants file does not switch it off.
    """

    operation: str
    read: Callable[[SmartConnect, str, str], Awaitable[CallReport[Facts]]]
    open_lists: Callable[[str], Sequence[PolledList]]
    closed_lists: Callable[[str], Sequence[PolledList]]
    listed: Callable[[ShipmentsPage | ReturnsPage], Sequence[Facts]]
    id_of: Callable[[Facts], str]
    facts_of: Callable[[Row], Facts | None]
    is_open: Callable[[Facts], bool]
    places: Callable[[Facts], frozenset[str]]
    is_told: Callable[[Merchant, Facts], bool]
    compare: Callable[[Merchant, Row | None, Facts | None, TradeTerms], Verdict]
    reread: Callable[[tuple[str, ...]], InternalAction]
