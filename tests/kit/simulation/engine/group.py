"""The consumer group's coordinator: static members, sessions, rebalances in which everybody gives up everything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.kit.simulation.engine.timeline import Timeline


class Reader(Protocol):
    """A worker's end of the group. Each is called as an answer to something that the worker asked."""

    def give_up(self) -> None:
        """The group rebalances: `Group.join` when everything is given up."""

    def assigned(self, partitions: frozenset[int], generation: int) -> None: ...

    def fenced(self) -> None:
        """Another process has joined under the same name."""


@dataclass(slots=True)
class Member:
    reader: Reader
    heard_at_s: float
    has_joined: bool = False
    is_told: bool = False  # that the group rebalances
    partitions: frozenset[int] = frozenset()


@dataclass(slots=True)
class Assignment:
    """Who was given what, and when: the truth that a worker may not know yet."""

    at_s: float
    generation: int
    partitions: dict[str, frozenset[int]]


@dataclass
class Group:
    timeline: Timeline
    partitions: int
    session_s: float
    members: dict[str, Member] = field(default_factory=dict)
    generation: int = 0
    history: list[Assignment] = field(default_factory=list)
    on_change: Callable[[], None] = lambda: None
    _is_rebalancing: bool = False
    _deadline_at_s: float = 0.0

    def is_member(self, name: str, reader: Reader) -> bool:
        member = self.members.get(name)
        return member is not None and member.reader is reader

    def join(self, name: str, reader: Reader) -> None:
        """A static member that comes back within its session gets its partitions at once."""
        member = self.members.get(name)
        if member is None:
            member = self.members[name] = Member(reader, self.timeline.now_s)
            self._watch(name, member)
        elif member.reader is not reader:
            member.reader.fenced()
            member.reader = reader
            if not self._is_rebalancing and not member.is_told:
                member.heard_at_s = self.timeline.now_s
                self.history.append(Assignment(self.timeline.now_s, self.generation, self._owners()))
                reader.assigned(member.partitions, self.generation)
                return
        self._rebalance()
        member.heard_at_s = self.timeline.now_s
        member.has_joined = True
        self._complete()

    def heartbeat(self, name: str, reader: Reader) -> bool:
        """False: it is no member any more."""
        member = self.members.get(name)
        if member is None or member.reader is not reader:
            return False
        member.heard_at_s = self.timeline.now_s
        if self._is_rebalancing and not (member.is_told or member.has_joined):
            member.is_told = True
            reader.give_up()
        return True

    def leave(self, name: str, reader: Reader) -> None:
        if self.is_member(name, reader):
            del self.members[name]
            self._rebalance()
            self._complete()

    def _rebalance(self) -> None:
        if not self._is_rebalancing:
            self._is_rebalancing = True
            for member in self.members.values():
                member.is_told = member.has_joined = False

    def _complete(self) -> None:
        if not self.members or not all(member.has_joined for member in self.members.values()):
            return
        self._is_rebalancing = False
        self.generation += 1
        names = sorted(self.members)
        for number, name in enumerate(names):
            self.members[name].partitions = frozenset(range(number, self.partitions, len(names)))
            self.members[name].is_told = False
        self.history.append(Assignment(self.timeline.now_s, self.generation, self._owners()))
        for name in names:
            self.members[name].reader.assigned(self.members[name].partitions, self.generation)

    def _owners(self) -> dict[str, frozenset[int]]:
        return {name: member.partitions for name, member in self.members.items()}

    def _watch(self, name: str, member: Member) -> None:
        """Its session ends unless it is heard of."""

        def look() -> None:
            if self.members.get(name) is not member:
                return
            ends_at_s = member.heard_at_s + self.session_s
            if self.timeline.now_s < ends_at_s:
                self.timeline.at(ends_at_s, look)
                return
            del self.members[name]
            self._rebalance()
            self._complete()

        self.timeline.after(self.session_s, look)
