"""Writes the generated tables into their pages, and the AsyncAPI and OpenAPI documents: `python -m docs.tables`."""

from docs.tables import ASYNCAPI, OPENAPI, TABLES, openapi_text
from docs.tables.asyncapi import asyncapi_text
from docs.tables.markdown import with_table

for table in TABLES:
    table.page.write_text(with_table(table.page.read_text(), table.name, table.make()))
ASYNCAPI.write_text(asyncapi_text())
OPENAPI.write_text(openapi_text())
