"""What a rehearsal's certificate says."""

from connector.cli.rehearse.certificate import Certificate, markdown, record
from connector.domain.rehearsal.evidence import Evidence
from connector.domain.rehearsal.mistakes import Example, Mistake
from connector.domain.rehearsal.workflows import WORKFLOWS, WorkflowVerdict, verdicts

EXAMPLE = Example("rehearsal.oms.inventory", 2, 7, "sku", "sku: it is empty | or not; name the SKU")
MISTAKE = Mistake("rehearsal.oms.inventory", "INVALID", "correct the field", 3, [EXAMPLE])


def certificate(*found: WorkflowVerdict) -> Certificate:
    return Certificate(
        merchant_id="M1",
        prefix="rehearsal.",
        seed=7,
        began_at_ms=0,
        ended_at_ms=3_600_000,
        orders=5,
        manners={"label-void": 2},
        verdicts=found,
        mistakes=[MISTAKE],
    )


def seen(program: str) -> WorkflowVerdict:
    return WorkflowVerdict(workflow=WORKFLOWS[0], program=program, missing="", example="WH|SKU")


def test_whole_is_what_saw_every_workflow() -> None:
    (missed, *_) = verdicts(Evidence(), ("EASY_SHIP",), lambda *_: True)
    assert certificate(seen("EASY_SHIP")).is_whole
    assert not certificate(seen("EASY_SHIP"), missed).is_whole


def test_a_program_reads_each_workflow_and_each_mistake() -> None:
    (missed, *_) = verdicts(Evidence(), ("EASY_SHIP",), lambda *_: True)
    told = record(certificate(seen("SELLER_FLEX"), missed))
    assert (told["all_seen"], told["orders"], told["ended_at"]) == (False, 5, "1970-01-01T01:00:00+00:00")
    first, second = told["workflows"]
    assert (first["seen"], first["example"], first["page"]) == (True, "WH|SKU", "Inventory Sync")
    assert second["missing"] == "the OMS has written no update of stock above zero for a location of this program"
    (mistake,) = told["mistakes"]
    assert mistake["examples"][0]["field"] == "sku"


def test_a_person_reads_a_table_for_each_program() -> None:
    text = markdown(certificate(seen("SELLER_FLEX"), seen("EASY_SHIP")))
    assert text.index("## SELLER_FLEX") < text.index("## EASY_SHIP")
    assert "| inventory update | Inventory Sync | yes: WH\\|SKU |  |" in text
    assert "3 records of the OMS's" in text
    assert "partition 2, offset 7, field `sku`: sku: it is empty \\| or not; name the SKU" in text
