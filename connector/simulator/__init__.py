"""The SmartConnect simulator: an independent, stateful fake of Amazon. It imports nothing else of this project."""

from connector.simulator.amazon.returns.new import NewReturn
from connector.simulator.amazon.shipments.new import NewShipment
from connector.simulator.base.clock import Clock
from connector.simulator.base.fault_syntax import parse_fault
from connector.simulator.base.faults import Fault
from connector.simulator.base.limits import Limit
from connector.simulator.base.switches import Switches
from connector.simulator.http.server import serve
from connector.simulator.notifications.delivery import Delivery, Notify
from connector.simulator.simulator import Simulator

__all__ = [
    "Clock",
    "Delivery",
    "Fault",
    "Limit",
    "NewReturn",
    "NewShipment",
    "Notify",
    "Simulator",
    "Switches",
    "parse_fault",
    "serve",
]
