"""Making faults on a practice cloud and mending them again.

What is not seen to be there, or gone, is told as a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, InputError, OutsideError
from ostler.masking import mask_output
from ostler.practice.faults.fault import CLOUD, GONE, NOT_POSSIBLE, THERE, Default, Fault, Script, seat
from ostler.practice.faults.record import FaultRecord, Made
from ostler.practice.faults.registry import find
from ostler.practice.layout import Host, Layout
from ostler.secret import Secret

SCRIPT_TIMEOUT_S = 240
POLL_S = 1.0
LONGEST_WORDS = 500
IS_DATABASE_USABLE = """mariadb --connect-timeout=3 --batch --skip-column-names -e "SHOW STATUS LIKE 'wsrep_ready'" |
grep -qw ON
"""

T = TypeVar("T")
U = TypeVar("U")


class Reach(Protocol):
    """Runs commands on hosts of a practice cloud, as `PracticeReach` does."""

    def run(
        self,
        host: Host | str,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 120,
        check: bool = True,
    ) -> CommandResult: ...


@dataclass(frozen=True)
class Workshop:
    """Makes and mends the faults of one cloud. `report` is told of every step; `now` and `sleep` are the clock."""

    layout: Layout
    reach: Reach
    report: Callable[[str], None]
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @property
    def record(self) -> FaultRecord:
        return FaultRecord(self.layout)

    def make(self, fault: Fault, host: str | None, vip_holders: Callable[[], list[str]]) -> list[Made]:
        """Make a fault, at `host` or (None) where it is made by default, and see that it is there.

        Raises InputError when it cannot be made there, is there already, or another one is in the way; OutsideError
        when it was begun and is not seen: it stays on record then, so that it can be mended.
        """
        places = self._places(fault, host, vip_holders)
        self._demand_free(fault, places)
        begun = self._each(places, lambda place: self._begin(fault, place))
        self.record.put(begun)
        self._each(begun, lambda made: self._carry_out(fault, fault.make, made, "made"))
        self._each(begun, lambda made: self._wait(fault, made, THERE, fault.seen_within_s))
        seen = [replace(made, is_seen=True) for made in begun]
        self.record.put(seen)
        return seen

    def mend(self, made: Sequence[Made]) -> None:
        """Mend faults that are on record, the last one first, and see that they are gone.

        Raises OutsideError when one cannot be mended or is still there: it stays on record. Those made before it are
        tried as well.
        """
        failures: list[OutsideError] = []
        for name in dict.fromkeys(each.fault for each in reversed(made)):
            of_one = [each for each in made if each.fault == name]
            try:
                self._mend_one(find(name), of_one)
            except OutsideError as error:
                failures.append(error)
                self.report(f"{name}: {error.summary}")
        if failures:
            raise failures[0]

    def chosen(self, name: str | None, *, every: bool) -> list[Made]:
        """The faults on record to be mended: that of a name, or every one. Raises InputError when there is none."""
        made = self.record.all()
        if every:
            return made
        if name is None:
            there = ", ".join(dict.fromkeys(each.fault for each in made)) or "none"
            raise InputError(
                "practice.no-fault-named",
                "say which fault is to be mended",
                found=f"made on {self.layout.name}: {there}",
                do_next="name one, or give --all",
            )
        fault = find(name)
        found = [each for each in made if each.fault == fault.name]
        if not found:
            raise InputError(
                "practice.fault-not-made",
                f"{fault.name} was not made on practice cloud {self.layout.name}",
                do_next=f"see what was: ostler practice faults --made --name {self.layout.name}",
            )
        return found

    def _places(self, fault: Fault, host: str | None, vip_holders: Callable[[], list[str]]) -> list[str]:
        layout = self.layout
        if layout.controllers < fault.least_controllers:
            raise InputError(
                "practice.too-few-controllers",
                f"{fault.name} needs {fault.least_controllers} controllers",
                found=f"{layout.controllers} in {layout.name}",
                do_next="choose another fault, or build a larger cloud: ostler practice up --help",
            )
        fitting = [each.name for each in layout.hosts if each.role == fault.role]
        if host is not None:
            chosen = layout.host(host)
            if fault.default is Default.CLOUD or chosen.role != fault.role:
                raise InputError(
                    "practice.fault-elsewhere",
                    f"{fault.name} cannot be made on {host}",
                    found=host,
                    expected=fault.where(),
                    do_next="name another host, or none",
                )
            return [host]
        if not fitting:
            raise InputError(
                "practice.no-host-for-fault",
                f"{fault.name} needs a {fault.role}, and practice cloud {layout.name} has none",
                do_next="build a cloud with one: ostler practice up --help",
            )
        if fault.default is Default.VIP_HOLDER:
            return vip_holders()[:1] or fitting[:1]
        if fault.default is Default.NOT_VIP_HOLDER:
            holders = vip_holders()
            return [name for name in fitting if name not in holders][-1:] or fitting[-1:]
        by_default = {Default.FIRST: fitting[:1], Default.LAST: fitting[-1:], Default.EVERY: fitting}
        return by_default.get(fault.default, [CLOUD])

    def _demand_free(self, fault: Fault, places: Sequence[str]) -> None:
        """No fault is made twice, and none where another one has changed the same thing."""
        name = self.layout.name
        for each in self.record.all():
            if each.place not in places:
                continue
            if each.fault == fault.name:
                raise InputError(
                    "practice.fault-made-already",
                    f"{fault.name} is made on {each.place} already, since {each.since:%Y-%m-%d %H:%M:%S}",
                    do_next=f"mend it first: ostler practice mend {fault.name} --name {name}",
                )
            if common := sorted(set(fault.touches) & set(find(each.fault).touches)):
                raise InputError(
                    "practice.fault-in-the-way",
                    f"{fault.name} changes the same as {each.fault}, which is made on {each.place}: {common[0]}",
                    do_next=f"mend that first: ostler practice mend {each.fault} --name {name}",
                )

    def _begin(self, fault: Fault, place: str) -> Made:
        """What is remembered of a place. Nothing is changed there yet."""
        remembered = ""
        if fault.remember is not None:
            said = self._run(fault, fault.remember, place, "remember", None)
            if said.exit_code == NOT_POSSIBLE:
                raise InputError(
                    "practice.fault-not-possible",
                    f"{fault.name} cannot be made on {place}: {_words(said)}",
                    do_next=f"it needs {fault.needs}" if fault.needs else "choose another host or another fault",
                )
            if said.exit_code != 0:
                raise self._failed(fault, place, "prepared", said)
            remembered = said.stdout
        made = Made(fault.name, place, self.now(), Secret(remembered))
        if self._see(fault, made).exit_code == THERE:
            raise InputError(
                "practice.fault-there-already",
                f"{fault.name} is so on {place} already, and not by `ostler practice break`",
                do_next="put it right by hand, or break something else",
            )
        return made

    def _mend_one(self, fault: Fault, made: Sequence[Made]) -> None:
        self._each(made, lambda each: self._carry_out(fault, fault.mend, each, "mended"))
        self._each(made, lambda each: self._wait(fault, each, GONE, fault.gone_within_s))
        self.record.remove(made)
        self.report(f"{fault.name}: mended on {', '.join(each.place for each in made)}")

    def _carry_out(self, fault: Fault, script: Script, made: Made, done: str) -> None:
        said = self._run(fault, script, made.place, done, made.remembered)
        if said.exit_code != 0:
            raise self._failed(fault, made.place, done, said)

    def _wait(self, fault: Fault, made: Made, wanted: int, within_s: float) -> None:
        deadline = self.monotonic() + within_s
        while (said := self._see(fault, made)).exit_code != wanted:
            if self.monotonic() > deadline:
                word = "not" if wanted == THERE else "still"
                raise CommandFailed(
                    "practice.fault-unseen" if wanted == THERE else "practice.fault-still-there",
                    f"{fault.name} is {word} there on {made.place} after {within_s:.0f} s",
                    found=_words(said) or f"exit code {said.exit_code}",
                    do_next=f"ostler practice mend {fault.name} --name {self.layout.name}",
                )
            self.sleep(POLL_S)

    def _see(self, fault: Fault, made: Made) -> CommandResult:
        return self._run(fault, fault.see, made.place, "see", made.remembered)

    def _run(self, fault: Fault, script: Script, place: str, what: str, given: Secret | None) -> CommandResult:
        host = None if place == CLOUD else self.layout.host(place)
        stdin = None if given is None else given.reveal().encode()
        argv = script.argv(f"ostler-fault-{fault.name}-{what}", self.layout, host)
        target = seat(script, self.layout, host) or self._database_host()
        return self.reach.run(target, argv, stdin=stdin, timeout_s=SCRIPT_TIMEOUT_S, check=False)

    def _database_host(self) -> Host:
        """The first controller whose database node takes queries; the first of all when none does."""
        for host in self.layout.controller_hosts:
            try:
                asked = self.reach.run(
                    host, ["sh", "-c", IS_DATABASE_USABLE, "ostler-fault"], timeout_s=20, check=False
                )
            except OutsideError:
                continue
            if asked.exit_code == 0:
                return host
        return self.layout.controller_hosts[0]

    def _failed(self, fault: Fault, place: str, done: str, said: CommandResult) -> CommandFailed:
        return CommandFailed(
            "practice.fault-script-failed",
            f"{fault.name} could not be {done} on {place}",
            found=_words(said) or f"exit code {said.exit_code}",
            do_next=f"ostler practice mend {fault.name} --name {self.layout.name}"
            if done != "prepared"
            else f"see `ostler practice status --name {self.layout.name}`; nothing was changed",
        )

    def _each(self, items: Sequence[T], work: Callable[[T], U]) -> list[U]:
        """Call `work` for several items side by side; all end before the first error is raised."""
        with ThreadPoolExecutor(max(1, len(items))) as pool:
            futures = [pool.submit(work, item) for item in items]
        return [future.result() for future in futures]


def _words(said: CommandResult) -> str:
    return mask_output((said.stderr or said.stdout).strip())[-LONGEST_WORDS:]
