"""The models of the dbt project in dbt/ as views, without dbt: `python -m examples.analytics warehouse`.

For a first look: it needs `duckdb` and `pyyaml` alone, and keeps nothing. `warehouse` is where `connector export --to
parquet` wrote to; a topic of which nothing is there yet is empty. What tests the models is `dbt build`.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

MODELS = Path(__file__).parent / "dbt" / "models"
_SOURCE = re.compile(r"{{ source\('(\w+)', '(\w+)'\) }}")


def main(warehouse: str) -> None:
    with duckdb.connect() as connection:
        connection.sql("set timezone = 'UTC'")
        for view in stage(connection, warehouse):
            rows = connection.sql(f"select count(*) from {view}").fetchall()  # noqa: S608 - names of our own files
            print(f"{view}: {rows[0][0]} rows")


def stage(connection: duckdb.DuckDBPyConnection, warehouse: str) -> list[str]:
    """Makes the views, and names them."""
    connection.execute("create schema raw")
    for table in sources():
        connection.execute(f"create view raw.{table['name']} as {source_query(table, warehouse)}")
    models = sorted(MODELS.glob("*.sql"))
    for model in models:
        query = _SOURCE.sub(r"\1.\2", model.read_text())
        connection.execute(f"create view {model.stem} as {query}")
    return [model.stem for model in models]


def sources() -> list[Mapping[str, Any]]:
    (found,) = yaml.safe_load((MODELS / "sources.yml").read_text())["sources"]
    tables: list[Mapping[str, Any]] = found["tables"]
    return tables


def source_query(table: Mapping[str, Any], warehouse: str) -> str:
    """As dbt/macros/open_export.sql has it, which says why."""
    topic = table["config"]["meta"]["topic"]
    columns = ", ".join(f"null::{column['data_type']} as {column['name']}" for column in table["columns"])
    empty = f"select {columns} where false"
    if not any((Path(warehouse) / topic).rglob("*.parquet")):
        return empty
    files = f"{warehouse}/{topic}/**/*.parquet".replace("'", "''")
    return (
        f"{empty} union all by name from read_parquet('{files}', hive_partitioning = true, union_by_name = true, "
        "hive_types = {day: date, merchant_id: varchar})"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
