"""`make-accounts`: a host gets the users that services run as, with the numbers they have on another host: files on a
network share belong to numbers."""

from __future__ import annotations

from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.accounts import accounts_wanted
from ostler.facts.model import FactRequest
from ostler.facts.predicate import Expectation
from ostler.facts.shared_folders import folders_wanted
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param

IS_THERE = 9
"""What groupadd and useradd end with for a name that is taken (shadow-utils, groupadd(8), looked up 2026-11-26)."""


class MakeAccounts(Kind):
    """Parameters: `accounts` (user -> {uid, gid, group, home, shell}); `folders` (path -> [mode, user]): where services
    keep their state and their logs, for commands that run there before any service does."""

    name = "make-accounts"

    def title(self, step: Step) -> str:
        return f"make the users {', '.join(param(step, 'accounts'))} and their folders on {step.host}"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (accounts_wanted(step.host, param(step, "accounts")),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, accepted = str(step.host), {0: "made", IS_THERE: "there already"}
        found: list[Effect] = []
        for user, account in param(step, "accounts").items():
            found.append(Run(host, Command(_group(account)), accept=accepted))
            found.append(Run(host, Command(_user(user, account)), accept=accepted))
        for path, (mode, user) in param(step, "folders").items():
            group = param(step, "accounts")[user]["group"]
            found.append(Run(host, Command(("install", "-d", "-m", mode, "-o", user, "-g", group, "--", path))))
        return tuple(found)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        request = accounts_wanted(step.host, param(step, "accounts"))
        about_folders = folders_wanted(str(step.host), param(step, "folders"))
        numbers = tuple(
            Until(
                Expectation(
                    request,
                    (user, number),
                    "equals",
                    account[number],
                    f"{user} on {step.host} has the {number} {account[number]}",
                ),
                timeout_s=5,
                on_timeout="it is there with another number: change it there, or remove it, then resume",
            )
            for user, account in param(step, "accounts").items()
            for number in ("uid", "gid")
        )
        folders = tuple(
            Until(
                Expectation(about_folders, (path, "owner"), "equals", user, f"{path} on {step.host} belongs to {user}"),
                timeout_s=5,
            )
            for path, (_, user) in param(step, "folders").items()
        )
        return numbers + folders


def _group(account: dict[str, Any]) -> tuple[str, ...]:
    return ("groupadd", "--system", "--gid", str(account["gid"]), "--", account["group"])


def _user(user: str, account: dict[str, Any]) -> tuple[str, ...]:
    numbers = ("--uid", str(account["uid"]), "--gid", str(account["gid"]))
    home = ("--home-dir", account["home"], "--no-create-home", "--shell", account["shell"])
    return ("useradd", "--system", *numbers, *home, "--", user)
