select result_id, merchant_id, update_id, location_id, sku, quantity, sequence, outcome, nullif(code, '') as code, settled_at
from {{ source('raw', 'connector_inventory_results') }}
