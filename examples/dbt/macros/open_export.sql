{#- What sources.yml names, as views over an export. A topic that has no files yet is there and empty; and a column that
    is younger than all of its files is there, and null. -#}
{% macro open_export() %}
    {% if execute %}
        {% do run_query("create schema if not exists raw") %}
        {% for source in graph.sources.values() %}
            {% set files = (var('export') ~ '/' ~ source.meta['topic'] ~ '/**/*.parquet') | replace("'", "''") %}
            {% set found = run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0] %}
            {% set columns = [] %}
            {% for column in source.columns.values() %}
                {% do columns.append("null::" ~ column.data_type ~ " as " ~ column.name) %}
            {% endfor %}
            {% do run_query(
                "create or replace view raw." ~ source.name ~ " as select " ~ columns | join(", ") ~ " where false"
                ~ (
                    " union all by name from read_parquet('" ~ files ~ "', hive_partitioning = true, "
                    ~ "union_by_name = true, hive_types = {day: date, merchant_id: varchar})" if found else ""
                )
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
