"""What Amazon does not document, or documents in two ways: one switch each, and a connector right under all of them."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints


def _switch(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(slots=True)
class Switches:
    lower_sequence: Literal["conflict", "ignore", "ignore-echo", "accept", "refuse"] = _switch(
        "conflict",
        "a lower clientSequenceNumber: 409, 200 with Amazon's number and no effect, 200 with the caller's number "
        "and no effect, applied, 400",
    )
    repeat_sequence: Literal["accept", "conflict", "ignore"] = _switch(
        "accept", "the same clientSequenceNumber again: applied, 409, 200 with no effect"
    )
    conflict_at: Literal["item", "outer"] = _switch(
        "item", "a 409 of inventory stands in the 207's item, or is the status of the whole call"
    )
    conflict_shows_sequence: bool = _switch(False, "a 409 item of inventory tells Amazon's clientSequenceNumber")
    wrong_state_status: Literal[400, 409, 422] = _switch(
        400, "a step in a state that does not allow it: 400 as Amazon's error page says, or 409 or 422 as its model may"
    )
    repeat_step: Literal["refuse", "conflict", "accept", "apply"] = _switch(
        "refuse",
        "a step of a shipment that was made already: wrong state, 409, success with no effect, made once more",
    )
    confirm_created: bool = _switch(True, "CONFIRM is possible in CREATED, not only in ACCEPTED")
    options_change_state: bool = _switch(
        True,
        "retrieveShippingOptions is what leads to PICKUP_SLOT_RETRIEVED; else it changes nothing and may be left out",
    )
    release_stock_at: Literal["shipped", "label"] = _switch(
        "shipped", "a shipment's units are reserved until it is shipped, or until its labels are generated"
    )
    list_lag_s: float = _switch(0.0, "seconds for which a change is missing from getShipments and listReturns")
    empty_first_page: bool = _switch(False, "lists begin with an empty page that has a token")
    label_format: Literal["ZPL", "PDF", "PNG", "PLAIN_TEXT"] = _switch("ZPL", "files of ship labels")
    invoice_format: Literal["PDF", "PNG", "PLAIN_TEXT"] = _switch("PDF", "invoices")
    label_url_ttl_s: float = _switch(300.0, "life of a label's URL, seconds")
    codes: Literal["short", "sc", "spaced"] = _switch(
        "short", 'error codes as InvalidInput, SC_00002, or "Invalid Input" as in some of Amazon\'s samples'
    )
    error_body: Literal["errors", "flat"] = _switch(
        "errors", 'error bodies as {"errors": [{code, message, details}]}, or the older {code, message}'
    )
    bad_token_status: Literal[401, 403] = _switch(403, "answer to a missing, unknown or expired access token")
    retry_after: Literal["none", "seconds", "date"] = _switch("none", "Retry-After of a 429")
    limit_header: Literal["declared", "always", "never"] = _switch(
        "declared", "x-amzn-RateLimit-Limit where the model declares it (2xx, 400, 404), always, never"
    )
    limit_tolerance_s: float = _switch(
        0.1, "seconds by which the limits' window is shortened (send times jitter on a busy machine)"
    )
    clock_ahead_s: float = _switch(180.0, "manner clock-ahead: seconds by which Amazon's clock is ahead of ours")
    late_in_lists_s: float = _switch(
        600.0, "manner late-in-lists: seconds for which a change is missing from the lists"
    )
    option_life_s: float = _switch(900.0, "manner options-expire: life of a shipping option, seconds")
    invoice_pending_s: float = _switch(30.0, "manner late-invoice: seconds from generateInvoice until there is one")
    incident_within_s: float = _switch(
        20.0, "manners label-void, lost-on-the-way, units-cancelled: seconds within which it happens"
    )
    token_ttl_s: float = _switch(3600.0, "life of an access token, seconds")
    rotate_refresh_token: bool = _switch(False, "every grant gives a new refresh token; the old one still works")

    def set(self, name: str, value: object) -> None:
        """Sets one switch by name from a JSON value or a text. ValueError names what is allowed."""
        known = {f.name for f in fields(self)}
        if name not in known:
            raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(known))}")
        setattr(self, name, _coerce(name, value, get_type_hints(type(self))[name]))


def describe() -> str:
    """One line a switch: name, allowed values or type, default, meaning."""
    hints = get_type_hints(Switches)
    return "\n\n".join(
        f"{f.name}={_allowed(hints[f.name])} [default: {f.default}]: {f.metadata['help']}" for f in fields(Switches)
    )


def _allowed(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "|".join(str(value) for value in get_args(hint))
    return "true|false" if hint is bool else str(getattr(hint, "__name__", hint))


def _coerce(name: str, value: object, hint: Any) -> object:
    if get_origin(hint) is Literal:
        for allowed in get_args(hint):
            if str(value) == str(allowed):
                return allowed
    elif hint is bool and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    elif hint in (int, float, str):
        try:
            return hint(value)
        except (TypeError, ValueError):
            pass  # the message below says what is allowed
    raise ValueError(f"{name}={value!r} is not one of {_allowed(hint)}")
