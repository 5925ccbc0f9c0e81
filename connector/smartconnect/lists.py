"""A poll to the call that asks for one page of its list."""

from typing import assert_never

from connector.domain.polling.polls import PolledList, PollNewReturns, PollReturns, PollShipments
from connector.domain.polling.windows import Page
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

PageReport = CallReport[ShipmentsPage] | CallReport[ReturnsPage]


async def ask(client: SmartConnect, poll: PolledList, page: Page) -> PageReport:
    """Where the page has no bounds, none are named: up to now is up to when Amazon answers."""
    after_ms, before_ms = page.after_ms or None, page.before_ms if page.is_bounded else None
    match poll:
        case PollShipments():
            return await client.get_shipments(
                poll.merchant_id,
                poll.status,
                updated_after_ms=after_ms,
                updated_before_ms=before_ms,
                location_id=poll.location_id,
                page_token=page.token,
            )
        case PollNewReturns():
            return await client.list_returns(
                poll.merchant_id,
                return_location_id=poll.location_id,
                created_since_ms=after_ms,
                created_until_ms=before_ms,
                page_token=page.token,
            )
        case PollReturns():
            # listReturns takes the time of an update only together with a location and a status (Returns 2024-09-11)
            return await client.list_returns(
                poll.merchant_id,
                return_location_id=poll.location_id,
                status=poll.status,
                updated_since_ms=after_ms,
                updated_until_ms=before_ms,
                page_token=page.token,
            )
        case _:
            assert_never(poll)
