"""The SmartConnect simulator: an independent, stateful fake of Amazon. It imports nothing else of this project."""

from connector.simulator.clock import Clock
from connector.simulator.faults import Fault, parse_fault
from connector.simulator.limits import Limit
from connector.simulator.server import serve
from connector.simulator.simulator import Simulator
from connector.simulator.switches import Switches

__all__ = ["Clock", "Fault", "Limit", "Simulator", "Switches", "parse_fault", "serve"]
