"""The service HAProxy asks says a database node is usable only when it really is."""

from __future__ import annotations

from typing import Any

import pytest

from ostler.practice.galera_check import Node

HEALTHY = {"wsrep_cluster_status": "Primary", "wsrep_local_state": "4", "wsrep_ready": "ON"}


class Said(Node):
    """A node whose database says what it is told to."""

    def __init__(self, said: dict[str, str] | Exception) -> None:
        super().__init__()
        self.said: Any = said

    def _ask(self) -> dict[str, str]:
        if isinstance(self.said, Exception):
            raise self.said
        answer: dict[str, str] = self.said
        return answer


def test_a_synced_node_of_the_primary_component_is_usable() -> None:
    assert Said(HEALTHY).is_usable()


def test_a_donor_is_usable() -> None:
    assert Said({**HEALTHY, "wsrep_local_state": "2"}).is_usable()


@pytest.mark.parametrize(
    "change",
    [{"wsrep_cluster_status": "non-Primary"}, {"wsrep_local_state": "1"}, {"wsrep_ready": "OFF"}],
    ids=["cut off from the others", "joining", "not ready"],
)
def test_any_other_node_is_not_usable(change: dict[str, str]) -> None:
    assert not Said({**HEALTHY, **change}).is_usable()


def test_a_node_that_does_not_answer_is_not_usable_until_it_does() -> None:
    node = Said(ConnectionError("gone"))
    assert not node.is_usable()
    node.said = HEALTHY
    assert node.is_usable()
