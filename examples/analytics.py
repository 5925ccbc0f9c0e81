"""Views over an export, and their tests: `python -m examples.analytics warehouse`.

`warehouse` is where `connector export` wrote to; a topic of which nothing is there yet is empty. It needs `duckdb`
alone. The views are plain SQL, a file each in staging/, as dbt's staging models would have them; a test is a query that
finds faults. Exit code 1 where one of them does.
"""

import sys
from pathlib import Path

import duckdb

STAGING = Path(__file__).parent / "staging"
TOPICS = ("amazon.orders", "amazon.cancellations", "amazon.returns", "connector.inventory-results")


def main(warehouse: str) -> int:
    with duckdb.connect() as connection:
        connection.sql("set timezone = 'UTC'")
        views = stage(connection, warehouse)
        for view in views:
            rows = connection.sql(f"select count(*) from {view}").fetchall()  # noqa: S608 - names of our own files
            print(f"{view}: {rows[0][0]} rows")
        faults = [f"{test}: {row}" for test in tests() for row in connection.sql(test.read_text()).fetchall()]
    for fault in faults:
        print(fault)
    return int(bool(faults))


def stage(connection: duckdb.DuckDBPyConnection, warehouse: str) -> list[str]:
    """Makes the views, and names them."""
    connection.execute((STAGING / "sources.sql").read_text())
    for topic in TOPICS:
        if any((Path(warehouse) / topic).rglob("*.parquet")):
            table = "raw." + topic.replace(".", "_").replace("-", "_")
            files = f"{warehouse}/{topic}/**/*.parquet".replace("'", "''")
            connection.execute(f"drop table {table}")
            connection.execute(
                f"create view {table} as from read_parquet('{files}', hive_partitioning = true, "
                "union_by_name = true, hive_types = {day: date, merchant_id: varchar})"
            )
    models = sorted(STAGING.glob("stg_*.sql"))
    for model in models:
        connection.execute(model.read_text())
    return [model.stem for model in models]


def tests() -> list[Path]:
    return sorted((STAGING / "tests").glob("*.sql"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
