"""SmartConnect's operations as typed verbs (External Fulfillment API 2024-09-11). Each is one request, or none."""

import random
import time
from collections.abc import Callable, Sequence

import httpx

from connector.domain.inventory.requests import InventoryLevel, InventoryRequest
from connector.domain.orders.facts.documents import Courier, Document, ShipLabels
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.outcomes import Outcome
from connector.domain.returns.facts import Return
from connector.settings import SmartConnectSettings
from connector.smartconnect.auth import AccessTokens, LwaClient, RefreshTokens
from connector.smartconnect.caller import Caller, CallReport, Clocks, encoded
from connector.smartconnect.http import open_http
from connector.smartconnect.label_hosts import LabelHosts
from connector.smartconnect.transport import Timeouts
from connector.smartconnect.wire.body import from_json, nothing, with_id
from connector.smartconnect.wire.documents import (
    labels_body,
    read_invoice,
    read_label_file,
    read_labels_of,
    read_shipping_options,
)
from connector.smartconnect.wire.inventory import batch_body
from connector.smartconnect.wire.model.batches import batch_reader
from connector.smartconnect.wire.model.pages import shipment_reader, shipments_reader
from connector.smartconnect.wire.notifications import (
    PAYLOAD_VERSION,
    SHIPMENT_STATUS_CHANGE,
    Destination,
    Subscription,
    destination_body,
    read_destination,
    read_destinations,
    read_subscription,
    subscription_body,
)
from connector.smartconnect.wire.packages import package_body, packages_body
from connector.smartconnect.wire.returns import ReturnsPage, read_return, returns_reader
from connector.smartconnect.wire.shipments import ShipmentsPage, rejection_body
from connector.smartconnect.wire.times import iso_time

INVENTORIES_PATH = "/externalFulfillment/inventory/2024-09-11/inventories"
SHIPMENTS_PATH = "/externalFulfillment/2024-09-11/shipments"
RETURNS_PATH = "/externalFulfillment/2024-09-11/returns"
DESTINATIONS_PATH = "/notifications/v1/destinations"
SUBSCRIPTIONS_PATH = "/notifications/v1/subscriptions"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
PAGE_SIZE = 100  # maxResults of the lists goes no further
MOST_TOKEN_CONNECTIONS = 100


class SmartConnect:
    """Verbs that belong to a seller take its merchant_id; lanes pace and repeat them, nothing here does."""

    def __init__(self, caller: Caller, label_hosts: LabelHosts) -> None:
        self._caller = caller
        self._label_hosts = label_hosts
        self._read_shipments, self._read_returns = shipments_reader(), from_json(returns_reader())

    async def aclose(self) -> None:
        await self._caller.aclose()

    def now_ms(self) -> int | None:
        """Amazon's time, in epoch milliseconds; None until an answer was heard."""
        return self._caller.amazon_clock.now_ms()

    async def batch_inventory(
        self, merchant_id: str, requests: Sequence[InventoryRequest]
    ) -> CallReport[tuple[Outcome[InventoryLevel], ...]]:
        """1 to 10 requests; an outcome for each, in their order."""
        read, body = batch_reader(requests), batch_body(requests)
        return await self._caller.call(merchant_id, "POST", INVENTORIES_PATH, read, body=body)

    async def get_shipments(
        self,
        merchant_id: str,
        status: str,
        *,
        updated_after_ms: int | None = None,
        updated_before_ms: int | None = None,
        location_id: str = "",
        marketplace_id: str = "",
        channel_name: str = "",
        page_token: str = "",
        max_results: int = PAGE_SIZE,
    ) -> CallReport[ShipmentsPage]:
        query = {
            "status": status,
            "lastUpdatedAfter": iso_time(updated_after_ms),
            "lastUpdatedBefore": iso_time(updated_before_ms),
            "locationId": location_id,
            "marketplaceId": marketplace_id,
            "channelName": channel_name,
            "maxResults": str(max_results),
            "paginationToken": page_token,
        }
        return await self._caller.call(merchant_id, "GET", SHIPMENTS_PATH, self._read_shipments, query=query)

    async def get_shipment(self, merchant_id: str, shipment_id: str) -> CallReport[Shipment]:
        return await self._caller.call(merchant_id, "GET", _shipment(shipment_id), shipment_reader(shipment_id))

    async def confirm_shipment(self, merchant_id: str, shipment_id: str) -> CallReport[None]:
        """processShipment, operation CONFIRM."""
        query = {"operation": "CONFIRM"}
        return await self._caller.call(merchant_id, "POST", _shipment(shipment_id), nothing, query=query)

    async def reject_shipment(
        self, merchant_id: str, shipment_id: str, line_item_ids: Sequence[str], *, reason: str, reference_id: str
    ) -> CallReport[None]:
        """processShipment, operation REJECT: all line items, for Amazon cancels whole shipments only."""
        body = rejection_body(line_item_ids, reason, reference_id)
        query = {"operation": "REJECT"}
        return await self._caller.call(merchant_id, "POST", _shipment(shipment_id), nothing, query=query, body=body)

    async def create_packages(
        self, merchant_id: str, shipment_id: str, packages: Sequence[Package]
    ) -> CallReport[None]:
        path = _shipment(shipment_id, "packages")
        return await self._caller.call(merchant_id, "POST", path, nothing, body=packages_body(packages))

    async def update_package(self, merchant_id: str, shipment_id: str, package: Package) -> CallReport[None]:
        path = _shipment(shipment_id, "packages", package.package_id)
        return await self._caller.call(merchant_id, "PUT", path, nothing, body=package_body(package))

    async def update_package_status(
        self,
        merchant_id: str,
        shipment_id: str,
        package_id: str,
        status: str,
        *,
        sub_status: str = "",
        reason: str = "",
    ) -> CallReport[None]:
        path = _shipment(shipment_id, "packages", package_id)
        given = {"status": status, "subStatus": sub_status, "reason": reason}
        body = {name: value for name, value in given.items() if value}
        return await self._caller.call(merchant_id, "PATCH", path, nothing, body=body)

    async def retrieve_shipping_options(
        self, merchant_id: str, shipment_id: str, package_id: str
    ) -> CallReport[ShippingOptions]:
        """A GET, but it moves the shipment on to PICKUP_SLOT_RETRIEVED."""
        path, query = _shipment(shipment_id, "shippingOptions"), {"packageId": package_id}
        return await self._caller.call(merchant_id, "GET", path, from_json(read_shipping_options), query=query)

    async def generate_invoice(self, merchant_id: str, shipment_id: str) -> CallReport[Document]:
        path = _shipment(shipment_id, "invoice")
        return await self._caller.call(merchant_id, "POST", path, from_json(read_invoice))

    async def retrieve_invoice(self, merchant_id: str, shipment_id: str) -> CallReport[Document]:
        path = _shipment(shipment_id, "invoice")
        return await self._caller.call(merchant_id, "GET", path, from_json(read_invoice))

    async def generate_ship_labels(
        self,
        merchant_id: str,
        shipment_id: str,
        package_ids: Sequence[str] = (),
        *,
        shipping_option_id: str = "",
        courier: Courier | None = None,
        regenerate: bool = False,
    ) -> CallReport[ShipLabels]:
        """At most 50 packages, none named for all. Some may fail while others succeed: see each label's status."""
        path, operation = _shipment(shipment_id, "shipLabels"), "REGENERATE" if regenerate else "GENERATE"
        query, body = (
            {"operation": operation, "shippingOptionId": shipping_option_id},
            labels_body(package_ids, courier),
        )
        decode = from_json(read_labels_of(package_ids))
        return await self._caller.call(merchant_id, "PUT", path, decode, query=query, body=body)

    async def fetch_label(self, url: str) -> CallReport[Document]:
        """The file behind PackageShipLabel.url; Refused once the URL has expired, and where it leads nowhere good."""
        refused = self._label_hosts.refused(url)
        return await self._caller.fetch(url, read_label_file) if refused is None else CallReport(refused)

    async def list_returns(
        self,
        merchant_id: str,
        *,
        return_location_id: str = "",
        status: str = "",
        rma_id: str = "",
        created_since_ms: int | None = None,
        created_until_ms: int | None = None,
        updated_since_ms: int | None = None,
        updated_until_ms: int | None = None,
        page_token: str = "",
        max_results: int = PAGE_SIZE,
    ) -> CallReport[ReturnsPage]:
        """Amazon takes `updated_*` only together with `return_location_id` and `status`."""
        query = {
            "returnLocationId": return_location_id,
            "status": status,
            "rmaId": rma_id,
            "createdSince": iso_time(created_since_ms),
            "createdUntil": iso_time(created_until_ms),
            "lastUpdatedSince": iso_time(updated_since_ms),
            "lastUpdatedUntil": iso_time(updated_until_ms),
            "maxResults": str(max_results),
            "nextToken": page_token,
        }
        return await self._caller.call(merchant_id, "GET", RETURNS_PATH, self._read_returns, query=query)

    async def get_return(self, merchant_id: str, return_id: str) -> CallReport[Return]:
        path = f"{RETURNS_PATH}/{encoded(return_id)}"
        return await self._caller.call(merchant_id, "GET", path, from_json(with_id(return_id, read_return)))

    async def create_destination(self, name: str, queue_arn: str) -> CallReport[Destination]:
        """Grantless: one SQS queue for all sellers of the application. Conflict where it exists."""
        body = destination_body(name, queue_arn)
        decode = from_json(read_destination)
        return await self._caller.call_grantless(NOTIFICATIONS_SCOPE, "POST", DESTINATIONS_PATH, decode, body=body)

    async def get_destinations(self) -> CallReport[tuple[Destination, ...]]:
        decode = from_json(read_destinations)
        return await self._caller.call_grantless(NOTIFICATIONS_SCOPE, "GET", DESTINATIONS_PATH, decode)

    async def create_subscription(
        self, merchant_id: str, destination_id: str, notification_type: str = SHIPMENT_STATUS_CHANGE
    ) -> CallReport[Subscription]:
        """Per seller, with the seller's own token. Conflict where it exists."""
        path, body = f"{SUBSCRIPTIONS_PATH}/{encoded(notification_type)}", subscription_body(destination_id)
        return await self._caller.call(merchant_id, "POST", path, from_json(read_subscription), body=body)

    async def get_subscription(
        self, merchant_id: str, notification_type: str = SHIPMENT_STATUS_CHANGE
    ) -> CallReport[Subscription]:
        """Refused (404) where there is none."""
        path, query = f"{SUBSCRIPTIONS_PATH}/{encoded(notification_type)}", {"payloadVersion": PAYLOAD_VERSION}
        return await self._caller.call(merchant_id, "GET", path, from_json(read_subscription), query=query)


def _shipment(*parts: str) -> str:
    return "/".join((SHIPMENTS_PATH, *map(encoded, parts)))


def open_smartconnect(
    *,
    base_url: str,
    token_url: str,
    client_id: str,
    client_secret: str,
    refresh_tokens: RefreshTokens,
    gate: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    chance: Callable[[], float] = random.random,
    timeouts: Timeouts | None = None,
    max_connections: int,
    label_hosts: Sequence[str] = (),
) -> SmartConnect:
    """One for all merchants of a worker, made inside its event loop; close it with `aclose()`.

    `gate`: may a request leave now? `clock`: monotonic seconds, `wall`: epoch seconds, `chance`: in [0, 1).
    `label_hosts`: besides Amazon's. Tokens have connections of their own: no call that hangs keeps others from theirs.
    """
    timeouts = timeouts or Timeouts()
    hosts = LabelHosts(base_url, label_hosts)
    trust = httpx.create_ssl_context()  # one, for it takes long to read all authorities
    http = open_http(timeouts, max_connections=max_connections, label_hosts=hosts, trust=trust)
    client = LwaClient(token_url, client_id, client_secret)
    of_tokens = open_http(timeouts, max_connections=MOST_TOKEN_CONNECTIONS, trust=trust)
    tokens = AccessTokens(of_tokens, client, refresh_tokens, clock=clock, chance=chance)
    caller = Caller(http, tokens, base_url, total_s=timeouts.total_s, gate=gate, clocks=Clocks(clock, wall))
    return SmartConnect(caller, hosts)


def connect(
    settings: SmartConnectSettings, refresh_tokens: RefreshTokens, gate: Callable[[], bool], max_connections: int = 10
) -> SmartConnect:
    """`open_smartconnect` as configured. A command needs few connections, a worker what `connections_allowed` gives."""
    return open_smartconnect(
        base_url=settings.base_url,
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        timeouts=Timeouts(read_s=settings.timeout_s, total_s=settings.timeout_s),
        refresh_tokens=refresh_tokens,
        gate=gate,
        max_connections=max_connections,
        label_hosts=settings.label_hosts.split(","),
    )
