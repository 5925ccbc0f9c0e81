-- What the models read of each topic; where a topic has no files yet these are there in their place, and empty
create schema raw;

create table raw.amazon_orders (
    event_id varchar, merchant_id varchar, day date, kafka_partition integer, kafka_offset bigint,
    type varchar, shipment_id varchar, order_id varchar, location_id varchar, program varchar, status varchar,
    previous_status varchar, ship_by timestamptz, observed_via varchar, occurred_at timestamptz,
    allocations struct(oms_location varchar, line_item_id varchar, sku varchar, client_sku varchar, quantity integer)[]
);

create table raw.amazon_cancellations (
    event_id varchar, merchant_id varchar, day date, shipment_id varchar, order_id varchar, cancelled_by varchar,
    reason_code varchar, previous_status varchar, occurred_at timestamptz
);

create table raw.amazon_returns (
    event_id varchar, merchant_id varchar, day date, kafka_partition integer, kafka_offset bigint, type varchar,
    return_id varchar, rma_id varchar, shipment_id varchar, order_id varchar, status varchar, reason_code varchar,
    sku varchar, quantity integer, occurred_at timestamptz
);

create table raw.connector_inventory_results (
    result_id varchar, merchant_id varchar, day date, update_id varchar, location_id varchar, sku varchar,
    quantity bigint, sequence bigint, outcome varchar, code varchar, settled_at timestamptz
);
