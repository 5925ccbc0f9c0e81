"""Writes the generated tables into their pages: `python -m docs.tables`."""

from docs.tables import TABLES
from docs.tables.markdown import with_table

for table in TABLES:
    table.page.write_text(with_table(table.page.read_text(), table.name, table.make()))
