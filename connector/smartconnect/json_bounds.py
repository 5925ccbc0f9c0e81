"""How much JSON of an answer is parsed at all: a megabyte of `[],` takes seconds and a hundred times its size."""

MOST_JSON_VALUES = 500_000  # a page of 100 shipments of 50 lines each, with all their charges, has 300,000


def is_parsable(content: str | bytes) -> bool:
    """It holds no more than MOST_JSON_VALUES values. Every value but the first one comes after one of these characters;
    those within texts count too."""
    if isinstance(content, str):
        return content.count(",") + content.count("[") + content.count("{") <= MOST_JSON_VALUES
    return content.count(b",") + content.count(b"[") + content.count(b"{") <= MOST_JSON_VALUES
