-- A test in dbt's way: each row is a fault
select 'order event' as what, merchant_id, event_id as id from stg_order_events group by all having count(*) > 1
union all
select 'cancellation', merchant_id, event_id from stg_cancellations group by all having count(*) > 1
union all
select 'inventory result', merchant_id, result_id from stg_inventory_results group by all having count(*) > 1;
