"""Between an order-management system and Amazon SmartConnect, over Kafka.

One inventory update: `agents.inventory` takes it from oms.inventory, `domain.ledger` binds its quantity to a sequence
number, `tables.durable` makes the row durable. The merchant's lane (`lanes.lane`, at `lanes.pace`) calls
`smartconnect.client`; `agents.journal` puts the outcome on connector.api-calls. `agents.settlements` hands it to
`domain.ledger_settlement` and publishes the result.

One order: `intake.sqs` or `agents.polling` hears of it, `agents.shipment_calls` reads it, `domain.observing` tells what
is new, `agents.shipments` publishes ORDER_RECEIVED. The OMS's command comes through `agents.commands`;
`domain.planning` names the next call, `smartconnect.steps` makes it, `agents.shipment_documents` keeps its papers and
`domain.settling` decides what it came to: events, a command's one result, the next step.

`app` wires all of it; `worker` runs it; `simulator` stands in for Amazon.
"""
