"""`connector topics create|check`."""

import typer

from connector.cli.shared.screen import AsJson, remark, tell, tell_json
from connector.cli.shared.topics import open_admin, topics_wanted_by
from connector.kafka.topic_admin import create_topics, topic_faults
from connector.settings import load_settings

topics = typer.Typer()


@topics.command("create")
def create_missing_topics(as_json: AsJson = False) -> None:
    """Create the topics that are missing, then check all of them."""
    settings = load_settings()
    wanted = topics_wanted_by(settings)
    with open_admin(settings) as admin:
        created, faults = create_topics(admin, wanted)
        failed = {fault.split(":")[0] for fault in faults}
        faults += [fault for fault in topic_faults(admin, wanted).all if fault.split(":")[0] not in failed]
    _tell(as_json, created, faults)


@topics.command("check")
def check_topics(as_json: AsJson = False) -> None:
    """Say everything that is wrong with the topics; exit code 1 if anything is."""
    settings = load_settings()
    with open_admin(settings) as admin:
        faults = topic_faults(admin, topics_wanted_by(settings)).all
    _tell(as_json, [], faults)


def _tell(as_json: bool, created: list[str], faults: list[str]) -> None:
    if as_json:
        tell_json({"created": created, "faults": faults})
    else:
        for name in created:
            tell(f"created {name}")
        for fault in faults:
            remark(fault)
        if not faults:
            tell("all topics are as they should be")
    if faults:
        raise typer.Exit(1)
