"""Which manners stand before which operation. The first layer is the outermost."""

from dataclasses import replace
from functools import reduce

from connector.simulator.amazon.shipments.shipments import Shipments
from connector.simulator.base.later import Later
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer
from connector.simulator.http.operations import ApiRequest, Handle, Layer, Operation
from connector.simulator.manners.access import Access
from connector.simulator.manners.documents import Documents, Options
from connector.simulator.manners.limits import Limits
from connector.simulator.manners.lists import Lists
from connector.simulator.manners.manners import Manners
from connector.simulator.manners.network import Network
from connector.simulator.manners.return_facts import ReturnFacts
from connector.simulator.manners.shipment_facts import ShipmentFacts
from connector.simulator.manners.stock import Stock

GET_RETURN = "get_return"  # it pays the limit of "returns", as the list does


class Layers:
    def __init__(self, manners: Manners, *, switches: Switches, shipments: Shipments, later: Later) -> None:
        limits, access = Limits(manners), Access(manners)
        documents = Documents(manners, switches=switches, shipments=shipments, later=later)
        options = Options(manners, switches)
        shipment_lists = Lists(manners, switches, name="shipments", token="paginationToken")  # noqa: S106 - a parameter's name
        return_lists = Lists(manners, switches, name="returns", token="nextToken")  # noqa: S106 - a parameter's name
        shipment_facts, return_facts = ShipmentFacts(manners), ReturnFacts(manners)
        any_call: tuple[Layer, ...] = (Network(manners), limits.retry_after, limits.rate_limit)
        step: tuple[Layer, ...] = (*any_call, access.shipment)
        self._layers: dict[str, tuple[Layer, ...]] = {
            "inventory": (*any_call, Stock(manners, switches)),
            "list_shipments": (*any_call, access.location, *shipment_lists.layers(shipment_facts.each)),
            "get_shipment": (*step, shipment_facts.one),
            "process_shipment": step,
            "create_packages": step,
            "update_package": step,
            "update_package_status": step,
            "shipping_options": (*step, options.offered),
            "invoice": (*step, documents.invoice),
            "ship_labels": (*step, options.chosen, documents.labels),
            "returns": (*any_call, access.location, *return_lists.layers(return_facts.each)),
            GET_RETURN: (*any_call, return_facts.one),
        }

    def around(self, operation: Operation) -> Operation:
        """The same operation behind its layers."""
        name = GET_RETURN if operation.path.endswith("{returnId}") else operation.name
        layers = self._layers.get(name, ())
        return replace(operation, handle=reduce(_before, reversed(layers), operation.handle))


def _before(handle: Handle, layer: Layer) -> Handle:
    def answer(request: ApiRequest) -> Answer:
        return layer(request, handle)

    return answer
