select 'order event' as what, merchant_id, event_id as id from stg_order_events
where event_id is null or shipment_id is null or type is null or occurred_at is null
union all
select 'cancellation', merchant_id, event_id from stg_cancellations
where event_id is null or shipment_id is null or cancelled_by is null or occurred_at is null
union all
select 'inventory result', merchant_id, result_id from stg_inventory_results
where result_id is null or sku is null or outcome is null or settled_at is null;
