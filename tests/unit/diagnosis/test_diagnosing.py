"""What is said of logs: a verdict that can be relied on, and the likeliest place first."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented import ASKED, answered, line, traceback, write_logs

from ostler.diagnosis.diagnosing import diagnose
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.model import TRACEBACK, Diagnosis, Verdict
from ostler.diagnosis.observing import observe
from ostler.diagnosis.weighing import weights
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

MANAGER = ("cinder/volume/manager.py", "attach_volume", "self._notify_about_volume_usage(context, volume)")
NOTIFY = ("cinder/volume/manager.py", "_notify_about_volume_usage", "raise Exception()")
ACTIONS = ("cinder/api/contrib/volume_actions.py", "_attach", "self.volume_api.attach(context, volume)")
LISTING = (
    "cinder/objects/volume_attachment.py", "get_all_by_instance_uuid", "attachments = [each for each in attachments]",
)  # fmt: skip


def judged(folder: Path, symptom: str = "") -> Diagnosis:
    events = in_order(open_folder(folder, Tally()), Wanted(Level.INFO), Tally())
    return diagnose(observe(events, knowledge()), knowledge(), symptom)


def failed_attach() -> str:
    return answered(
        "10:05:01.000", "cinder", "POST /v3/volumes/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/action", 500, ASKED
    )


def test_work_that_ended_and_names_that_are_not_there_are_no_failure(tmp_path: Path) -> None:
    said = judged(write_logs(tmp_path))
    assert said.verdict is Verdict.HEALTHY
    assert said.missing == ()
    assert said.findings == ()


def test_work_that_never_ended_is_a_failure_without_any_error(tmp_path: Path) -> None:
    said = judged(write_logs(tmp_path, is_created=False))
    assert said.verdict is not Verdict.HEALTHY
    assert "work never came to its end" in said.signs
    assert said.findings[0].project == "cinder"


def test_too_little_to_tell_is_never_called_healthy(tmp_path: Path) -> None:
    folder = write_logs(tmp_path)
    (folder / "cinder" / "cinder-api.log").unlink()
    said = judged(folder)
    assert said.verdict is Verdict.UNSURE
    assert said.missing == ("no log tells how an API answered its users",)


def test_logs_of_apis_alone_are_too_little(tmp_path: Path) -> None:
    folder = write_logs(tmp_path)
    (folder / "cinder" / "cinder-volume.log").unlink()
    assert judged(folder).verdict is Verdict.UNSURE


def test_a_bare_exception_is_at_the_innermost_frame(tmp_path: Path) -> None:
    error = traceback(
        "10:05:00.000",
        "oslo_messaging.rpc.server",
        "Exception during message handling",
        [MANAGER, NOTIFY],
        "Exception",
        ASKED,
    )
    said = judged(write_logs(tmp_path, volume=error, api=failed_attach()))
    first = said.findings[0]
    assert said.verdict is Verdict.FAILURE
    assert (first.module, first.function) == ("cinder/volume/manager.py", "_notify_about_volume_usage")
    assert (first.project, first.service, first.kind) == ("cinder", "cinder-volume", TRACEBACK)
    assert [each.what for each in first.cause_of] == ["cinder-api answered 500 to POST /v3/volumes/*/action"]
    assert (first.evidence[0].file, first.evidence[0].line) == ("cinder/cinder-volume.log", 3)


def test_who_gave_nothing_is_among_the_first_though_in_no_traceback(tmp_path: Path) -> None:
    error = traceback(
        "10:05:00.000", "oslo_messaging.rpc.server", "Exception during message handling", [LISTING],
        "TypeError: 'NoneType' object is not iterable", ASKED,
    )  # fmt: skip
    said = judged(write_logs(tmp_path, volume=error, api=failed_attach()))
    assert {"cinder/db/api.py", "cinder/db/sqlalchemy/api.py"} & {each.module for each in said.findings[:3]}


@pytest.mark.parametrize(
    "raised",
    [
        "libvirtError: operation failed: domain 'instance-00000004' already exists with uuid de43cee1",
        "NovaException: Unsupported VIF type unbound convert '_nova_to_osvif_vif_unbound'",
    ],
)
def test_code_that_met_what_others_left_or_gave_is_not_the_place(tmp_path: Path, raised: str) -> None:
    def error(clock: str, module: str, frames: list[tuple[str, str, str]], raised: str) -> str:
        return traceback(clock, module, "It failed", frames, raised, ASKED)

    met = error("10:05:00.000", "nova.compute.manager", [("nova/virt/libvirt/guest.py", "create", "define()")], raised)
    own = error("10:05:00.500", "oslo_messaging.rpc.server", [MANAGER, NOTIFY], "Exception")
    said = judged(write_logs(tmp_path, volume=met + own, api=failed_attach()))
    assert said.findings[0].module == "cinder/volume/manager.py"
    assert "nova/virt/libvirt/guest.py" not in [finding.module for finding in said.findings[:2]]


def test_a_quoted_traceback_of_another_service_counts_too(tmp_path: Path) -> None:
    packages = "/usr/lib/python2.7/site-packages"
    quoted = (
        r"Remote error: Exception [u'Traceback (most recent call last):\n', "
        rf"u'  File \"{packages}/cinder/volume/manager.py\", line 9, in attach_volume\n', u'Exception\n']"
    ).replace(r"\"", '"')
    error = line("10:05:00.500", "ERROR", "cinder.api.middleware.fault", quoted, ASKED)
    said = judged(write_logs(tmp_path, api=error + failed_attach()))
    assert "cinder/volume/manager.py" in [each.module for each in said.findings[:2]]


def test_certainty_is_spread_and_never_more_than_the_whole(tmp_path: Path) -> None:
    error = traceback(
        "10:05:00.000", "cinder.api.middleware.fault", "Caught error", [ACTIONS], "KeyError: 'host'", ASKED
    )
    said = judged(write_logs(tmp_path, api=error + failed_attach()))
    assert sum(each.confidence for each in said.findings) <= said.sure <= 1.0
    assert [each.confidence for each in said.findings] == sorted(
        (each.confidence for each in said.findings), reverse=True
    )


def test_a_symptom_moves_only_the_ranking(tmp_path: Path) -> None:
    error = traceback(
        "10:05:00.000", "cinder.api.middleware.fault", "Caught error", [ACTIONS], "KeyError: 'host'", ASKED
    )
    folder = write_logs(tmp_path, api=error + failed_attach())
    plain, told = judged(folder), judged(folder, "cannot see my network")
    assert told.sure == plain.sure
    assert dict(told.projects).get("cinder", 0.0) <= dict(plain.projects)["cinder"]


def test_the_same_logs_give_the_same_answer(tmp_path: Path) -> None:
    error = traceback(
        "10:05:00.000", "cinder.api.middleware.fault", "Caught error", [ACTIONS], "KeyError: 'host'", ASKED
    )
    folder = write_logs(tmp_path, api=error + failed_attach())
    assert judged(folder) == judged(folder)


@pytest.mark.parametrize("model", ["failure", "place"])
def test_no_weight_is_about_one_file_or_function(model: str) -> None:
    assert [name for name in weights()[model] if ".py" in name or "/" in name or "()" in name] == []
