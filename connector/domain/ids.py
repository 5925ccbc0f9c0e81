"""Ids that are made of what they name, so that a repeat has the same one (G5, G6)."""

import hashlib


def stable_id(*parts: object) -> str:
    """32 hex digits of the parts' digest."""
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()[:32]
