"""`connector partitions plan|move`: more partitions, and what lies in the old ones to where it belongs then."""

from typing import Annotated, Any

import typer

from connector.cli.partitions.plan import MovePlan, Site, look, open_site
from connector.cli.partitions.steps import move_all
from connector.cli.shared.broker import MOVE_ACTION
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, remark, tell, tell_json
from connector.settings import Settings, load_settings

partitions = typer.Typer()

_To = Annotated[int, typer.Option("--to", min=1, help="How many partitions each topic is to have; more than now.")]


@partitions.command("plan")
def plan_partitions(to: _To, as_json: AsJson = False) -> None:
    """Say what a move to more partitions would do, and what stands in its way; exit code 1 if anything does.

    It changes nothing. Workers may run; a move wants them stopped.

    Example: connector partitions plan --to 24
    """
    with open_site(load_settings(), to) as site:
        if site is None:
            _tell_nothing_to_do(to, as_json)
        else:
            _tell(look(site), is_done=False, as_json=as_json)


@partitions.command("move")
def move_partitions(
    to: _To,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only said what would be done.")] = False,
    reason: Because = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Raise all topics to more partitions, and move what lies in the old ones; without --yes only say it.

    Stop the OMS and all workers first. It may be killed and run again, any number of times; until it has ended, no
    worker starts. Then set CONNECTOR_KAFKA__PARTITIONS, for workers and commands, and start the workers.

    Example: connector partitions move --to 24 --yes --reason "more workers"
    """
    settings = load_settings()
    with open_site(settings, to) as site:
        if site is None:
            _tell_nothing_to_do(to, as_json)
            return
        plan = look(site)
        if yes and not plan.in_the_way:
            deed = Deed(action=MOVE_ACTION, subject=f"{site.growth.old} to {to}", by=by, reason=reason)
            with audited(site.broker, deed):
                move_all(site, plan, remark)
        _tell(plan, is_done=yes and not plan.in_the_way, as_json=as_json)
        _advise(settings, site, is_done=yes)


def _tell(plan: MovePlan, *, is_done: bool, as_json: bool) -> None:
    if as_json:
        tell_json(_told(plan, is_done=is_done))
    else:
        _tell_text(plan, is_done=is_done)
    if plan.in_the_way:
        raise typer.Exit(1)


def _tell_text(plan: MovePlan, *, is_done: bool) -> None:
    old, new = plan.growth.old, plan.growth.new
    are = "are" if is_done else "would be"
    if plan.is_begun:
        tell(f"a move from {old} to {new} partitions was begun before, and not ended")
    tell(f"{len(plan.raises)} topics {are} raised from {old} to {new} partitions, and connector.audit at the end")
    for topic, rows in plan.rows.items():
        tell(f"{rows.leaving} of {rows.rows} rows of {topic} {are} moved")
        if rows.elsewhere:
            remark(f"{topic}: {rows.elsewhere} rows are not at their merchant's home: they stay where they are")
    for topic, unread in plan.unread.items():
        tell(f"{unread.carried} of {unread.records} unread records of {topic} {are} carried over")
    if plan.in_the_way:
        remark("in the way:")
    for fault in plan.in_the_way:
        remark(f"  - {fault}")


def _told(plan: MovePlan, *, is_done: bool) -> dict[str, Any]:
    return {
        "from": plan.growth.old,
        "to": plan.growth.new,
        "done": is_done,
        "begun_before": plan.is_begun,
        "raises": list(plan.raises),
        "rows": {
            topic: {"rows": rows.rows, "moved": rows.leaving, "elsewhere": rows.elsewhere}
            for topic, rows in plan.rows.items()
        },
        "unread": {
            topic: {"records": unread.records, "carried_over": unread.carried} for topic, unread in plan.unread.items()
        },
        "in_the_way": list(plan.in_the_way),
    }


def _tell_nothing_to_do(to: int, as_json: bool) -> None:
    if as_json:
        tell_json({"from": to, "to": to, "done": True, "in_the_way": []})
    else:
        tell(f"all topics have {to} partitions already: nothing is to be moved")


def _advise(settings: Settings, site: Site, *, is_done: bool) -> None:
    if is_done and settings.kafka.partitions != site.growth.new:
        remark(
            f"now set CONNECTOR_KAFKA__PARTITIONS={site.growth.new}, for workers and commands, start the workers, and "
            "then the OMS"
        )
