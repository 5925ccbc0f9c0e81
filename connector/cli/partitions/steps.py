"""The steps of a move, in their order. Each may be killed, and is done again by the next run as if it had not been."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from connector.cli.partitions.growth import count_partitions, raise_topics
from connector.cli.partitions.inputs import UnreadTopic, carry_over, ends_of, survey_unread
from connector.cli.partitions.plan import OMS_WRITES, MovePlan, Site, members_in_the_way, written_meanwhile
from connector.cli.partitions.rows import RowSurvey, compacted_topics, move_rows, survey_rows
from connector.cli.partitions.transactions import Transactions
from connector.errors import ConnectorError
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.topics import AUDIT, CONSUMED

LATE_WORKERS_S = 5.0
"""Within which a worker that looked at the topics just before they were raised is seen in the group."""

Tell = Callable[[str], None]


def move_all(site: Site, plan: MovePlan, tell: Tell) -> None:
    """Raises ConnectorError; what was done stays, and no worker starts until it is run again to its end."""
    growth = site.growth
    ends = ends_of(site.broker, OMS_WRITES)
    raise_topics(site.admin, plan.raises, growth.new)
    tell(f"raised: {len(plan.raises)} topics have {growth.new} partitions")
    time.sleep(LATE_WORKERS_S)
    _check(members_in_the_way(site), written_meanwhile(site, ends))
    asyncio.run(_claim(site))  # from one that was late, and is gone again
    transactions = Transactions(dict(site.config), site.settings.app_id)
    try:
        unread = {topic.name: _carry(site, topic.name, transactions, tell) for topic in CONSUMED}
        rows = {topic: _move(site, topic, transactions, tell) for topic in compacted_topics(site.settings.app_id)}
    finally:
        transactions.close()
    verify(site, rows, unread)
    tell("verified: all are at home once, and say what they said")
    _check(members_in_the_way(site))
    last = count_partitions(site.admin, [AUDIT.name])
    raise_topics(site.admin, [] if last.found[AUDIT.name] == growth.new else [AUDIT.name], growth.new)


def verify(site: Site, rows: Mapping[str, RowSurvey], unread: Mapping[str, UnreadTopic]) -> None:
    """Both sides: what is there now against `rows` and `unread`, which were there before. Raises ConnectorError."""
    faults = []
    for topic, before in rows.items():
        now = survey_rows(site.broker, topic, site.growth)
        if (now.rows, now.digest, now.leaving) != (before.rows, before.digest, 0):
            same = "the same" if now.digest == before.digest else "not the same"
            faults.append(f"{topic}: {before.rows} rows before, {now.rows} now, {now.leaving} not at home, {same}")
    for topic, earlier in unread.items():
        later = survey_unread(site.broker, site.config, topic, site.growth)
        if (later.records, later.digest, later.leaving) != (earlier.records, earlier.digest, 0):
            faults.append(f"{topic}: {earlier.records} unread before, {later.records} now, {later.leaving} not at home")
    _check([f"{fault}; see that nothing else writes there, then run it again" for fault in faults])


async def _claim(site: Site) -> None:
    """What a worker that was killed had begun to write is undone, and one that only sleeps writes no more."""
    settings = site.settings
    timeout_s = settings.kafka.session_timeout_s
    writers = PartitionWriters(dict(site.config), settings.app_id, lambda: True, timeout_s=timeout_s)
    try:
        await writers.claim(frozenset(range(site.growth.new)))
    finally:
        await asyncio.to_thread(writers.close)


def _carry(site: Site, topic: str, transactions: Transactions, tell: Tell) -> UnreadTopic:
    unread = survey_unread(site.broker, site.config, topic, site.growth)
    carry_over(site.broker, unread, site.growth, transactions)
    tell(f"carried over: {unread.carried} of {unread.records} unread records of {topic}")
    return unread


def _move(site: Site, topic: str, transactions: Transactions, tell: Tell) -> RowSurvey:
    before = move_rows(site.broker, topic, site.growth, transactions)
    tell(f"moved: {before.leaving} of {before.rows} rows of {topic}")
    return before


def _check(*in_the_way: Sequence[str]) -> None:
    faults = [fault for each in in_the_way for fault in each]
    if faults:
        raise ConnectorError("\n  - ".join(["the move is not ended:", *faults]))
