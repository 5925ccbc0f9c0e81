-- One row per return, as its latest event has it
select
    merchant_id, return_id, nullif(rma_id, '') as rma_id, shipment_id, order_id, status, reason_code, sku, quantity,
    occurred_at as status_since
from {{ source('raw', 'amazon_returns') }}
qualify row_number() over (
    partition by merchant_id, return_id order by kafka_partition desc, kafka_offset desc
) = 1
