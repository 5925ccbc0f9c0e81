select
    event_id, merchant_id, shipment_id, order_id, cancelled_by, reason_code,
    nullif(previous_status, '') as previous_status, occurred_at
from {{ source('raw', 'amazon_cancellations') }}
