"""Commands on records: those that could not be used, rows that can't be read, and records sent again."""
