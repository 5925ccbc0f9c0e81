"""The SmartConnect simulator: an independent, stateful fake of Amazon. It imports nothing else of this project."""

from connector.simulator.clock import Clock
from connector.simulator.faults import Fault, parse_fault
from connector.simulator.limits import Limit
from connector.simulator.new_returns import NewReturn
from connector.simulator.new_shipments import NewShipment
from connector.simulator.notifications import Delivery, Notify
from connector.simulator.server import serve
from connector.simulator.simulator import Simulator
from connector.simulator.switches import Switches

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
