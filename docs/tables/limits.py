"""The limits in force where the merchants file says nothing, a row per operation."""

from connector.merchants import Limits
from docs.tables.markdown import markdown_table


def limits_table() -> str:
    rows = ((f"`{name}`", f"{limit.rate:g}", str(limit.burst)) for name, limit in Limits().by_operation.items())
    return markdown_table(("operation", "rate", "burst"), rows)
