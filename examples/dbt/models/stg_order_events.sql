-- One row per event of a shipment, without the snapshot: that holds buyers' data
select
    event_id, merchant_id, shipment_id, order_id, location_id, program, type, status,
    nullif(previous_status, '') as previous_status, ship_by, observed_via, occurred_at,
    row_number() over (partition by merchant_id, shipment_id order by kafka_partition, kafka_offset) as event_number
from {{ source('raw', 'amazon_orders') }}
