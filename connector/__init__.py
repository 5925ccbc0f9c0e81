"""Between an order-management system and Amazon SmartConnect, over Kafka.

One inventory update: `agents.inventory.updates` takes it from oms.inventory, `domain.inventory.ledger` binds its
quantity to a sequence number, `tables.durable` makes the row durable. The merchant's lane (`lanes.lane`, at
`lanes.pace`) calls `smartconnect.client`; `agents.api_calls` puts the outcome on connector.api-calls.
`agents.settlements` hands it to `domain.inventory.settlement` and publishes the result.

One order: `intake.sqs` or `agents.polling.calls` hears of it, `agents.orders.calls` reads it, `domain.orders.arrivals`
tells what is new, `agents.orders.edits` publishes ORDER_RECEIVED. The OMS's command comes through
`agents.orders.commands`; `domain.orders.next_step` names the next call, `smartconnect.steps` makes it,
`agents.orders.documents` keeps its papers and `domain.orders.settlement` decides what it came to: events, a command's
one result, the next step.

`app` wires all of it; `worker` runs it; `simulator` stands in for Amazon.
"""
