"""Have the services of an environment parse a configuration file, and tell what they know of its lines, as JSON.

This file is run by the environment's own Python, whichever that is: it uses the standard library, what the environment
holds, and Ostler's harvesting.py, and is valid on Python 2.7 and 3.

    python parsing.py HARVESTING PROJECT FILE ANSWER

HARVESTING is the folder in which harvesting.py lies. The programs of the project are imported, the file is parsed by
oslo.config, and then what programs do before they serve is done: the bus is looked for, plugins of keystoneauth are
loaded for every group that names one, drivers of cinder are made for every backend. Each registers its options itself;
what only lists them is asked last. Nothing is connected to.

The answer, a file: `lines` (how many options the file sets), `unknown` (places that nothing registers), `old` (places
that only an old name has, with the new one), `leaving` (options marked as to be removed), `unreadable` (values that the
option's type does not take), `said` (what oslo.config logged of deprecations while every option was read), `validator`
(what oslo-config-validator says, None where the release has none), `ways` (how many lines each way of registering
knows), `problems` (what could not be done).
"""

from __future__ import print_function, unicode_literals

import importlib
import io
import json
import logging
import sys
from functools import partial

DEFAULT = "DEFAULT"
PROGRAMS = ("console_scripts", "wsgi_scripts")
CONFIG = {"nova": "nova.config", "neutron": "neutron.common.config", "cinder": "cinder.common.config"}
"""The modules that services' programs import before they parse."""

CHOOSERS = ("auth_type", "auth_plugin")
BY_PROGRAMS, BY_PLUGINS, BY_DRIVERS, BY_LISTS = "programs", "plugins", "drivers", "lists"


def main(harvesting_folder, project, path, answer):
    sys.path.insert(0, harvesting_folder)
    import harvesting

    said = Heard("oslo_config")
    problems = []
    service = Service(harvesting, project, path, problems)
    ways = [(BY_PROGRAMS, service.programs), (BY_PLUGINS, service.plugins), (BY_DRIVERS, service.drivers)]
    known = {}
    for way, register in ways + [(BY_LISTS, service.lists)]:
        register()
        for place in service.names():
            known.setdefault(place, way)
    document = service.judged()
    document["ways"] = dict((way, 0) for way in (BY_PROGRAMS, BY_PLUGINS, BY_DRIVERS, BY_LISTS))
    for place in service.set_places():
        if place in known:
            document["ways"][known[place]] += 1
    document["said"] = sorted(set(line for line in said.lines if "eprecated" in line))
    document["validator"] = service.validated()
    document["version"] = harvesting.version_of(project)
    document["problems"] = sorted(set(problems))
    text = json.dumps(document, sort_keys=True, indent=1)
    with io.open(answer, "w", encoding="utf-8") as out:
        out.write(text if isinstance(text, type("")) else text.decode("ascii"))


class Heard(logging.Handler):
    """What a logger was told, from warnings on."""

    def __init__(self, name):
        logging.Handler.__init__(self, logging.WARNING)
        self.lines = []
        logging.getLogger(name).addHandler(self)

    def emit(self, record):
        self.lines.append(record.getMessage())


class Service(object):
    """The services of a project in this environment, which read one file."""

    def __init__(self, harvesting, project, path, problems):
        from oslo_config import cfg

        self.harvesting, self.project, self.path, self.problems = harvesting, project, path, problems
        self.loaded = set()
        self.cfg = cfg
        self.conf = cfg.CONF

    def programs(self):
        """Import every program of the project, parse the file, and look for the bus."""
        sys.argv = [self.project]
        self._import(CONFIG[self.project])
        for module in sorted(modules_of(self.project)):
            self._import(module)
        self._try("oslo.log", self._register_log)
        commands = [opt for _, opt in self.options() if isinstance(opt, self.cfg.SubCommandOpt)]
        self.conf.unregister_opts(commands)  # those of programs that are no services
        self.conf(["--config-file", self.path], project=self.project)
        self._try("oslo.messaging", self._find_bus)

    def _register_log(self):
        from oslo_log import log

        log.register_options(self.conf)

    def _find_bus(self):
        import oslo_messaging

        getattr(oslo_messaging, "get_rpc_transport", oslo_messaging.get_transport)(self.conf)

    def plugins(self):
        """Load what answers for tokens, and the plugin of every group that names one."""
        self._try("keystonemiddleware", self._check_tokens)
        from keystoneauth1 import loading

        for group in self._groups():
            if any(self._is_set(group, name) for name in CHOOSERS):
                self._try("[%s]" % group, partial(loading.load_auth_from_conf_options, self.conf, group))
                self.loaded.add(group)

    def _check_tokens(self):
        from keystonemiddleware import auth_token

        auth_token.AuthProtocol(lambda *request: None, {"oslo_config_config": self.conf})

    def drivers(self):
        """Make the driver of every backend, as cinder-volume does."""
        if self.project != "cinder":
            return
        from cinder import objects
        from cinder.cmd import volume

        objects.register_all()
        from cinder.volume import configuration, manager

        of_manager = getattr(manager, "volume_backend_opts", None) or manager.volume_manager_opts  # Ocata's name
        for name in self.conf.enabled_backends or ():
            self.conf.register_opt(volume.host_opt, group=name)
            of_backend = configuration.Configuration(of_manager, config_group=name)
            self._try("[%s]" % name, partial(self._make_driver, of_backend))

    def _make_driver(self, of_backend):
        from oslo_utils import importutils

        importutils.import_object(
            of_backend.volume_driver, configuration=of_backend, db=None, host=self.project, cluster_name=None,
            is_vol_db_empty=True, active_backend_id=None,
        )  # fmt: skip

    def lists(self):
        """Register what the project and its libraries list and nothing has registered so far; where the plugin of a
        group is loaded, none of others'."""
        of_plugins = set(opt.dest for opt in self.harvesting.of_plugins(self.problems))
        there = self._current()
        for group, opt in list(self.harvesting.listed(self.project, self.problems)):
            is_anothers = group in self.loaded and opt.dest in of_plugins
            if (group, opt.dest) not in there and not is_anothers and not group.startswith(self.harvesting.SAMPLES):
                self._try("%s/%s" % (group, opt.dest), partial(self.conf.register_opt, opt, in_conf(group)))

    def options(self):
        """(group, option) of all that is registered."""
        for known in list(self.conf._opts.values()):
            yield DEFAULT, known["opt"]
        for name, group in list(self.conf._groups.items()):
            for known in list(group._opts.values()):
                yield name, known["opt"]

    def names(self):
        """Every place that an option is read from, by its name or an old one."""
        for group, opt in self.options():
            yield place(group, opt.dest)
            for old in old_places(group, opt):
                yield old

    def set_places(self):
        """The places that the file sets, as this oslo.config parses it."""
        return [place(group, name) for group, lines in self._parsed().items() for name in lines]

    def judged(self):
        """What is known of the places that the file sets, and of their values, every option being read."""
        current, old, leaving, unreadable = self._current(), {}, [], []
        for group, opt in self.options():
            for each in old_places(group, opt):
                old.setdefault(each, place(group, opt.dest))
        there = self.set_places()
        for group, opt in list(self.options()):
            is_set = [each for each in [place(group, opt.dest)] + old_places(group, opt) if each in there]
            problem = self._read(group, opt)
            if is_set and problem:
                unreadable.append(list(is_set[0]) + [problem])
            if is_set and opt.deprecated_for_removal:
                leaving.append(list(is_set[0]) + [" ".join(("%s" % (opt.deprecated_reason or "")).split())])
        return {
            "lines": len(there),
            "unknown": sorted(list(each) for each in there if each not in current and each not in old),
            "old": sorted(list(each) + list(old[each]) for each in there if each in old and each not in current),
            "leaving": sorted(leaving),
            "unreadable": sorted(unreadable),
        }

    def validated(self):
        """What oslo-config-validator says of the file, as (kind, line); None where there is none."""
        try:
            from oslo_config import validator
        except ImportError:
            return None
        heard = Heard(None)
        spaces = [
            name
            for name, load in self.harvesting.entry_points(self.harvesting.LISTS)
            if not any(part in name for part in self.harvesting.OF_TESTS)
            and not any(problem.startswith(name + ":") for problem in self.problems)
        ]
        sys.argv = ["validator", "--input-file", self.path]
        for name in spaces:
            sys.argv += ["--namespace", name]
        self._try("oslo-config-validator", validator.main)
        logging.getLogger().removeHandler(heard)
        return sorted(set(line for line in heard.lines if "not found" in line or "Deprecated opt" in line))

    def _read(self, group, opt):
        """Read an option as services do; what is wrong with its value, None when nothing is."""
        try:
            if group == DEFAULT:
                getattr(self.conf, opt.dest)
            else:
                getattr(getattr(self.conf, group), opt.dest)
        except (self.cfg.ConfigFileValueError, ValueError) as error:
            return "%s" % (error,)
        except Exception:  # subcommands, values that name options which are not there
            return None
        return None

    def _current(self):
        return set(place(group, opt.dest) for group, opt in self.options())

    def _groups(self):
        return [group for group in self._parsed() if group != DEFAULT]

    def _is_set(self, group, name):
        there = place(group, name)
        return there in self.set_places() and there in set(self.names())

    def _parsed(self):
        sections = {}
        self.cfg.ConfigParser(self.path, sections).parse()
        return sections

    def _import(self, module):
        self.harvesting.carried_out(module, lambda: importlib.import_module(str(module)), self.problems)

    def _try(self, what, work):
        try:
            return work()
        except (Exception, SystemExit) as error:
            self.problems.append("%s: %s: %s" % (what, type(error).__name__, error))
            return None


def modules_of(project):
    """The modules of a project's programs, by its own entry points."""
    try:
        from importlib import metadata
    except ImportError:
        import pkg_resources

        found = set(each.module_name for kind in PROGRAMS for each in pkg_resources.iter_entry_points(kind))
    else:
        every = metadata.entry_points()
        selects = hasattr(every, "select")
        points = [each for kind in PROGRAMS for each in (every.select(group=kind) if selects else every.get(kind, ()))]
        found = set(each.value.partition(":")[0] for each in points)
    return [module for module in found if module.split(".")[0] == project]


def place(group, name):
    """A group and a name as oslo.config compares them."""
    return (group if group == DEFAULT else group.lower(), "%s" % name)


def old_places(group, opt):
    return [place(old.group or group, old.name or opt.dest) for old in opt.deprecated_opts if old.name or old.group]


def in_conf(group):
    return None if group == DEFAULT else group


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
