-- One row per line that is to be picked, of the shipment's first ORDER_RECEIVED
select
    merchant_id, shipment_id, order_id, unnest(allocations).oms_location as oms_location,
    unnest(allocations).line_item_id as line_item_id, unnest(allocations).sku as sku,
    unnest(allocations).quantity as quantity, occurred_at as received_at
from {{ source('raw', 'amazon_orders') }}
where type = 'ORDER_RECEIVED'
qualify row_number() over (partition by merchant_id, shipment_id order by kafka_partition, kafka_offset) = 1
