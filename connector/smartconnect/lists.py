"""A poll to the call that asks for one page of its list."""

from typing import assert_never

from connector.domain.windows import Page, Poll, PollNewReturns, PollReturns, PollShipments
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

PageReport = CallReport[ShipmentsPage] | CallReport[ReturnsPage]


async def ask(client: SmartConnect, poll: Poll, page: Page) -> PageReport:
    match poll:
        case PollShipments(merchant_id, location_id, status):
            return await client.get_shipments(
                merchant_id,
                status,
                updated_after_ms=page.after_ms,
                updated_before_ms=page.before_ms,
                location_id=location_id,
                page_token=page.token,
            )
        case PollNewReturns(merchant_id):
            return await client.list_returns(
                merchant_id, created_since_ms=page.after_ms, created_until_ms=page.before_ms, page_token=page.token
            )
        case PollReturns(merchant_id, location_id, status):
            # listReturns takes the time of an update only together with a location and a status (Returns 2024-09-11)
            return await client.list_returns(
                merchant_id,
                return_location_id=location_id,
                status=status,
                updated_since_ms=page.after_ms,
                updated_until_ms=page.before_ms,
                page_token=page.token,
            )
        case _:
            assert_never(poll)
