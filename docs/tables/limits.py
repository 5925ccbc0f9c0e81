"""What is in force where the merchants file says nothing: limits, a row per operation, and thresholds."""

from connector.merchants import Limits
from connector.settings.thresholds import Thresholds
from docs.tables.markdown import markdown_table


def limits_table() -> str:
    rows = ((f"`{name}`", f"{limit.rate:g}", str(limit.burst)) for name, limit in Limits().by_operation.items())
    return markdown_table(("operation", "rate", "burst"), rows)


def thresholds_table() -> str:
    fields = Thresholds.model_fields.items()
    rows = ((f"`{name}`", f"{field.default:g}", field.description or "") for name, field in fields)
    return markdown_table(("threshold", "seconds", "of"), rows)
