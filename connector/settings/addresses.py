"""What a setting that names a place must look like: brokers, URLs, files of certificates.

What was given is never quoted: it may hold a password.
"""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

BROKERS_REMEDY = "give host:port, several with commas between; an IPv6 address in square brackets, [::1]:9092"

_BROKER = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")  # more than one label: "com" would mean anybody
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_LONGEST_HOST = 253  # RFC 1035, 2.3.4, as it is written


def checked_brokers(value: str) -> str:
    """host:port,host:port without spaces: the one form that all Kafka clients here read alike. Raises ValueError."""
    return ",".join(_checked_broker(part.strip()) for part in value.split(","))


def _checked_broker(part: str) -> str:
    if "://" in part:
        raise ValueError(
            f"write host:port without {_scheme(part)}; how to talk to the brokers is CONNECTOR_KAFKA__SECURITY_PROTOCOL"
        )
    if "@" in part:
        raise ValueError(
            "write host:port without a user or password; they are CONNECTOR_KAFKA__SASL_USERNAME and "
            "CONNECTOR_KAFKA__SASL_PASSWORD"
        )
    if not part:
        raise ValueError(f"there is an empty part; {BROKERS_REMEDY}")
    found = _BROKER.fullmatch(part)
    if found is None or not 0 < int(found["port"]) <= _HIGHEST_PORT:
        raise ValueError(BROKERS_REMEDY)
    return part


def _scheme(part: str) -> str:
    scheme = part.partition("://")[0]
    return f"{scheme}://" if re.fullmatch(r"[A-Za-z_+]{1,20}", scheme) else "a scheme"


def checked_url(value: str) -> str:
    """http:// or https://, without user, query and fragment; no slash at its end. Empty stays. Raises ValueError."""
    if not value:
        return value
    parts = None if re.search(r"\s", value) else _split(value)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("give a URL that begins with http:// or https://")
    if "@" in value:
        raise ValueError(f"give the URL without a user or password{_shown(parts)}")
    if parts.query or parts.fragment:
        raise ValueError("give the URL without ? and #")
    return value.rstrip("/")


def checked_secure_url(value: str) -> str:
    """`checked_url` of what is sent a secret: https://, or http:// on this machine. Raises ValueError."""
    url = checked_url(value)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("give a URL that begins with https://; a secret would go in the clear")
    return url


def checked_hosts(value: str) -> str:
    """host,host without spaces; no ports, no schemes. Empty stays. Raises ValueError."""
    return _checked_names(value, _HOST, "files.example.com")


def checked_names(value: str) -> str:
    """Like `checked_hosts`; a name of one label will do."""
    return _checked_names(value, _NAME, "worker-1")


def _checked_names(value: str, form: re.Pattern[str], example: str) -> str:
    names = [part.strip() for part in value.split(",")] if value else []
    if not all(len(name) <= _LONGEST_HOST and form.fullmatch(name) for name in names):
        raise ValueError(f"give names of hosts, such as {example}, several with commas between; no URLs")
    return ",".join(names)


def checked_documents_url(value: str) -> str:
    """file:///directory or s3://bucket/prefix; no slash at its end. Raises ValueError."""
    parts = _split(value)
    if "@" in value and not value.startswith("file:///"):
        raise ValueError(f"give the URL without a user or password{_shown(parts)}; AWS_* variables name those of S3")
    if parts is not None and (parts.query or parts.fragment):
        raise ValueError("give the URL without ? and #: file:///directory or s3://bucket/prefix")
    if parts is None or not (
        (parts.scheme == "file" and parts.path and parts.netloc in ("", "localhost"))
        or (parts.scheme == "s3" and parts.netloc)
    ):
        raise ValueError("give file:///directory or s3://bucket/prefix")
    return value.rstrip("/")


def urls_with_passwords(variables: Mapping[str, str]) -> list[str]:
    """A fault for each variable of others, whose URL our clients use, that names a user or password: AWS's clients,
    say, quote the URL in what they raise and log. A proxy's has no other place, in any program."""
    return [
        f"{name}: give the URL without a user or password; {_REMEDIES[kind]}"
        for name, value in sorted(variables.items())
        if (kind := _kind_of(name)) and "@" in value
    ]


_REMEDIES = {
    "aws": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role, say who asks",
    "workers": "a worker's web address asks for none",
}


def _kind_of(name: str) -> str:
    name = name.upper()
    if name.startswith("AWS_ENDPOINT_URL"):
        return "aws"
    return "workers" if name == "CONNECTOR_WORKERS" else ""


def without_user(url: str) -> str:
    """As it may be shown. What is no URL comes back as far as no user can be in it."""
    return f"...@{url.rpartition('@')[2]}" if "@" in url else url


def _split(url: str) -> SplitResult | None:
    """None where it is no URL; what Python says of one would quote it."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname  # looked at only when asked for
    except ValueError:
        return None
    return parts


def _shown(parts: SplitResult | None) -> str:
    """The URL without user and password, where it is sure that nothing of them is left."""
    if parts is None:
        return ""
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return f": {bare}" if "@" in parts.netloc and "@" not in bare else ""
