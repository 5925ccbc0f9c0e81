"""A number in a cell of a spreadsheet that is to be an identifier: the digits that its owner sees, or none."""

import re

AS_TEXT = "format the column as text"
_EXACT_DIGITS = 15  # Excel rounds longer numbers
_LONGEST_FORMAT = 255  # of Excel's; what is longer is not told whole
_UNSEEN_IN_FORMAT = re.compile(r"\[[^\[\]]*\]|_.|\*.")  # colours and conditions, a space as wide as ., padding by .


def shown_digits(value: int, number_format: str) -> str:
    """Raises ValueError, naming the fault and its remedy."""
    digits = str(value)
    if len(digits.lstrip("-")) > _EXACT_DIGITS:
        raise ValueError(f"a number of more than {_EXACT_DIGITS} digits has been rounded: {AS_TEXT}")
    if not _shows(digits, number_format or "General"):
        raise ValueError(
            f"{digits} is shown otherwise, by the number format {number_format[:_LONGEST_FORMAT]}: {AS_TEXT}"
        )
    return digits


def _shows(digits: str, number_format: str) -> bool:
    """As they are, perhaps grouped or with zeros behind the point."""
    section = _UNSEEN_IN_FORMAT.sub("", number_format.partition(";")[0]).strip()
    if section in ("General", "GENERAL", "@", ""):
        return True
    whole = re.fullmatch(r"([#0?,]*[#0?])(\.[0?#]*)?", section)
    return whole is not None and whole[1].count("0") <= len(digits)
