"""Who may do what on a secured broker. Each change is in force when it returns: the broker hears of it later than the
controller."""

from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.kit.kafka.broker import Broker, eventually

__all__ = ["AclOperation", "Acls", "ResourceType"]

NOBODY = "nobody"
CLOSED = (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)


class Acls:
    def __init__(self, broker: Broker) -> None:
        self._admin = AdminClient({**broker.config, "log_level": 0})

    def deny(self, user: str, operation: AclOperation, kind: ResourceType, name: str) -> None:
        rule = AclBinding(
            kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.DENY
        )
        self._make([rule])
        eventually(f"{user} is denied {name}", lambda: rule in self._rules(user))

    def allow_only(self, user: str, rules: Iterable[tuple[ResourceType, str, AclOperation]]) -> None:
        """What begins with each name. Whatever some rule is about, nobody else may touch: one for a user that there is
        not closes all the rest."""
        allowed = [
            *(_allowed(NOBODY, kind, "*", AclOperation.ALL, ResourcePatternType.LITERAL) for kind in CLOSED),
            *(_allowed(user, kind, name, operation, ResourcePatternType.PREFIXED) for kind, name, operation in rules),
        ]
        self._make(allowed)
        eventually("the rules are in force", lambda: set(allowed) <= {*self._rules(user), *self._rules(NOBODY)})

    def allow_all(self, user: str) -> None:
        """Of what was denied, or not allowed."""
        for gone in self._admin.delete_acls([_all_rules(user), _all_rules(NOBODY)]).values():
            gone.result(30)
        eventually(f"{user} may do all", lambda: not (self._rules(user) or self._rules(NOBODY)))

    def _make(self, rules: Sequence[AclBinding]) -> None:
        for made in self._admin.create_acls(list(rules)).values():
            made.result(30)

    def _rules(self, user: str) -> Sequence[AclBinding]:
        """As the broker heeds them."""
        told: Sequence[AclBinding] = self._admin.describe_acls(_all_rules(user)).result(30)
        return told


def _allowed(
    user: str, kind: ResourceType, name: str, operation: AclOperation, pattern: ResourcePatternType
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)


def _all_rules(user: str) -> AclBindingFilter:
    named: Any = None  # any name, any host: the package's types know of strings alone
    return AclBindingFilter(
        ResourceType.ANY,
        named,
        ResourcePatternType.ANY,
        f"User:{user}",
        named,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
