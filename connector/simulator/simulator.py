"""A stateful fake of Amazon SmartConnect (External Fulfillment 2024-09-11): the state, put together."""

import asyncio

from connector.simulator.calls import CallLog
from connector.simulator.clock import Clock
from connector.simulator.faults import Fault, Faults, parse_fault
from connector.simulator.inventory import Inventory
from connector.simulator.limits import Limit, SlidingWindows
from connector.simulator.merchants import Merchant, Merchants
from connector.simulator.operations import Operation
from connector.simulator.switches import Switches
from connector.simulator.tokens import Tokens

INVENTORY_PATH = "/externalFulfillment/inventory/2024-09-11/inventories"


class Simulator:
    """`merchants`: merchant id -> refresh token; None: every refresh token is a merchant (see Merchants).

    `limits` overrides single operations for every merchant. `seed` makes faults with a probability repeatable.
    `client` (id, secret) is checked by the token endpoint where given. `keep_bodies` keeps bodies in `calls`.
    """

    def __init__(
        self,
        merchants: dict[str, str] | None = None,
        *,
        switches: Switches | None = None,
        limits: dict[str, Limit] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        client: tuple[str, str] | None = None,
        keep_bodies: bool = False,
    ) -> None:
        self.switches = switches or Switches()
        self.clock = clock or Clock()
        self.merchants = Merchants(merchants, limits)
        self.tokens = Tokens(self.merchants, self.switches, client)
        self.windows = SlidingWindows()
        self.calls = CallLog(keep_bodies=keep_bodies)
        self.faults = Faults(seed)
        self.inventory = Inventory(self.switches, self.faults)
        self.closing = asyncio.Event()

    def merchant(self, merchant_id: str) -> Merchant:
        """To set its limits, `unauthorized`, `revoked`, `slow_s`, `not_enrolled`; made where unknown."""
        return self.merchants[merchant_id]

    def fault(self, text: str) -> Fault:
        """Adds a fault written in the mini-syntax of `--fault`: "503,before,op=inventory,p=0.1"."""
        return self.faults.add(parse_fault(text))

    def operations(self) -> list[Operation]:
        return [Operation("inventory", "POST", INVENTORY_PATH, self.inventory.batch)]
