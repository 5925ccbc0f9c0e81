"""Writes the generated tables into their pages, and the AsyncAPI document: `python -m docs.tables`."""

from docs.tables import ASYNCAPI, TABLES
from docs.tables.asyncapi import asyncapi_text
from docs.tables.markdown import with_table

for table in TABLES:
    table.page.write_text(with_table(table.page.read_text(), table.name, table.make()))
ASYNCAPI.write_text(asyncapi_text())
