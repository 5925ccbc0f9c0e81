"""SmartConnect's operations as typed verbs (External Fulfillment API 2024-09-11). Each is one request, or none."""

import time
from collections.abc import Callable, Sequence

import httpx

from connector.domain.inventory import InventoryLevel, InventoryRequest
from connector.domain.outcomes import Outcome
from connector.smartconnect.auth import AccessTokens
from connector.smartconnect.calls import Caller, CallReport
from connector.smartconnect.http import Timeouts
from connector.smartconnect.outcomes import answered
from connector.smartconnect.wire import Json, from_json
from connector.smartconnect.wire_inventory import batch_body, read_batch

INVENTORIES = "/externalFulfillment/inventory/2024-09-11/inventories"
