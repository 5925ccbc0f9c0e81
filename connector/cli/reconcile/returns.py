"""Returns, as a reconcile asks for them."""

from collections.abc import Sequence

from connector.agents.merchants.known import KnownMerchants
from connector.agents.returns.flows import is_told
from connector.cli.reconcile.subject import TradeSubject
from connector.domain.internal_commands import RereadReturns
from connector.domain.polling.polls import OPEN_RETURNS, PolledList, PollReturns
from connector.domain.reconcile.trade import TradeTerms, compare_return
from connector.domain.reconcile.verdicts import Verdict
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return
from connector.merchants import Merchant, Merchants
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage


def _return_lists(merchant_id: str) -> list[PolledList]:
    return [PollReturns(merchant_id, status, 0.0) for status in OPEN_RETURNS]


def _listed_returns(page: ShipmentsPage | ReturnsPage) -> Sequence[Return]:
    return page.returns if isinstance(page, ReturnsPage) else ()


def _is_return_told(merchant: Merchant, facts: Return) -> bool:
    return is_told(KnownMerchants(lambda: Merchants({merchant.merchant_id: merchant})), merchant.merchant_id, facts)


def _compare_return(_: Merchant, row: ReturnRow | None, there: Return | None, terms: TradeTerms) -> Verdict:
    return compare_return(row, there, terms)


RETURN_SUBJECT: TradeSubject[ReturnRow, Return] = TradeSubject(
    operation="returns",
    read=SmartConnect.get_return,
    open_lists=_return_lists,
    closed_lists=lambda _: (),
    listed=_listed_returns,
    id_of=lambda facts: facts.return_id,
    facts_of=lambda row: row.facts,
    is_open=lambda facts: not facts.is_final,
    places=lambda facts: facts.locations,
    is_told=_is_return_told,
    compare=_compare_return,
    reread=RereadReturns,
)
