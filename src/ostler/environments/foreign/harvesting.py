"""Tell every oslo.config option of a project and of its libraries, as JSON.

This file is run by the environment's own Python, whichever that is: it uses the standard library and the
environment's oslo.config, and is valid on Python 2.7 and 3.

    python harvesting.py PROJECT ANSWER

The answer, a file: {"python": text, "version": text, "options": [...], "plugins": [...], "problems": [...]}. `options`
are those of the entry points `oslo.config.opts` and those the same modules register without listing them; `plugins`
those that keystoneauth's plugins read from whichever group asks for one. What depends on the machine is replaced: its
names, addresses and numbers, where the environment lies, and the name of this program.
"""

from __future__ import print_function, unicode_literals

import io
import json
import multiprocessing
import numbers
import os
import re
import socket
import sys
import types

LISTS = "oslo.config.opts"
DEFAULTS = "oslo.config.opts.defaults"
OF_TESTS = (".tests.", "ostler")
"""Parts of namespaces that no service reads."""

SAMPLES = "sample_"
"""How groups begin that are only an example of one that an operator names."""

HOST = "this-host"
PROGRAM = "<program>"
ADDRESSES = {"get_my_ipv4": "127.0.0.1", "get_my_ipv6": "::1"}
IN_MEMORY = re.compile(r" at 0x[0-9a-fA-F]+")
PROCESSORS = 7919
"""A number that nothing else is."""

OF_THE_SYSTEM = ("/", "/usr", "/usr/local")
"""Where an environment may lie that is no virtual one; its paths are meant as they are."""


def main(project, answer):
    forget_the_machine()
    problems = []
    found = {}
    for group, opt in listed(project, problems):
        add(found, group, opt)
    for group, opt in registered():
        if (group, opt.dest) not in found:
            add(found, group, opt)
    plugins = {}
    for opt in of_plugins(problems):
        add(plugins, "", opt)
    for group, name in found:
        if ("", name) in plugins:
            found[group, name].pop("required", None)  # by a plugin that may not be the one in use
    document = {
        "python": "%d.%d" % sys.version_info[:2],
        "version": version_of(project),
        "options": [found[key] for key in sorted(found) if not key[0].startswith(SAMPLES)],
        "plugins": [plugins[key] for key in sorted(plugins)],
        "problems": sorted(problems),
    }
    text = json.dumps(document, sort_keys=True, indent=1)
    with io.open(answer, "w", encoding="utf-8") as out:
        out.write(text if isinstance(text, type("")) else text.decode("ascii"))


def forget_the_machine():
    """Defaults are made of these when modules are imported."""
    sys.argv = [PROGRAM]
    socket.gethostname = lambda: HOST
    socket.getfqdn = lambda name="": HOST
    multiprocessing.cpu_count = lambda: PROCESSORS
    os.cpu_count = lambda: PROCESSORS
    from oslo_utils import netutils

    for name, address in ADDRESSES.items():
        setattr(netutils, name, lambda address=address: address)


def entry_points(kind):
    """(namespace, function that loads it) of every entry point of a kind, the order depending on names alone."""
    try:
        from importlib import metadata
    except ImportError:
        import pkg_resources

        found = [(point.name, point.load) for point in pkg_resources.iter_entry_points(kind)]
    else:
        points = metadata.entry_points()
        of_kind = points.select(group=kind) if hasattr(points, "select") else points.get(kind, ())
        found = [(point.name, point.load) for point in of_kind]
    return sorted(found, key=lambda each: each[0])


def version_of(project):
    """The version of the project's package; empty when it is not installed."""
    for package in (project, "openstack-" + project):
        try:
            try:
                from importlib import metadata
            except ImportError:
                import pkg_resources

                return text(pkg_resources.get_distribution(package).version)
            return metadata.version(package)
        except Exception:
            continue
    return ""


def listed(project, problems):
    """(group, option) of every namespace, the project's own first: what it says counts where two list one option."""
    points = [(name, load) for name, load in entry_points(LISTS) if not any(part in name for part in OF_TESTS)]
    points.sort(key=lambda each: (each[0].split(".")[0] != project, each[0]))
    loaded = [(name, carried_out(name, load, problems)) for name, load in points]
    for name, load in entry_points(DEFAULTS):
        if name.split(".")[0] == project:
            load()()
    for name, list_opts in loaded:
        for group, opts in groups_of(name, list_opts, problems):
            for opt in opts:
                yield name_of(group), opt


def groups_of(name, list_opts, problems):
    found = carried_out(name, lambda: list(list_opts()), problems) if list_opts else None
    return found or []


def carried_out(name, work, problems):
    """What `work` returns, None when it fails. Optional libraries it wants are stood in for, and told."""
    while True:
        try:
            return work()
        except ImportError as error:
            wanted = missing_module(error)
            if wanted is None or wanted in sys.modules:
                problems.append("%s: %s" % (name, error))
                return None
            sys.modules[wanted] = Absent(wanted)
            problems.append("%s: there is no module %s, which was stood in for" % (name, wanted))
        except Exception as error:
            problems.append("%s: %s" % (name, error))
            return None


def missing_module(error):
    found = re.match(r"No module named '?([\w.]+)'?", "%s" % error)
    return str(found.group(1)) if found else None


class Anything(type):
    """The type of classes that have every attribute, and can be exceptions, bases and decorators."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(str(name), (Exception,), {"__call__": decorated})


def decorated(self, *arguments):
    return arguments[0] if arguments else self


class Absent(types.ModuleType):
    """Stands in for an optional library, so that the module which declares options beside using it can be imported."""

    __path__ = []
    __file__ = None

    def __getattr__(self, name):
        return Anything.__getattr__(Anything, name)


def registered():
    """(group, option) of what the imported modules registered with the global configuration."""
    from oslo_config import cfg

    for known in cfg.CONF._opts.values():
        yield "DEFAULT", known["opt"]
    for name, group in cfg.CONF._groups.items():
        for known in group._opts.values():
            yield name, known["opt"]


def of_plugins(problems):
    """The options of every authentication plugin of keystoneauth, and of the session that it is used with."""
    try:
        from keystoneauth1 import loading
    except ImportError as error:
        problems.append("keystoneauth1: %s" % error)
        return
    for opt in loading.get_auth_common_conf_options() + loading.get_session_conf_options():
        yield opt
    for name in sorted(loading.get_available_plugin_names()):
        try:
            opts = loading.get_auth_plugin_conf_options(name)
        except Exception as error:
            problems.append("keystoneauth1 plugin %s: %s" % (name, error))
            continue
        for opt in opts:
            yield opt


def name_of(group):
    """The name of a group as oslo.config compares it."""
    if group is None:
        return "DEFAULT"
    name = text(getattr(group, "name", group))
    return name if name == "DEFAULT" else name.lower()


def add(found, group, opt):
    key = (group, opt.dest)
    known = found.get(key)
    described = describe(group, opt)
    if known is None:
        found[key] = described
        return
    more = [old for old in described.get("deprecated", ()) if old not in known.get("deprecated", ())]
    if more:
        known["deprecated"] = known.get("deprecated", []) + more


def describe(group, opt):
    """What there is to say of an option; what is usual is left out."""
    record = {"group": group, "name": opt.dest}
    record.update(describe_type(opt))
    default = opt.sample_default if opt.sample_default is not None else opt.default
    if default is not None:
        record["default"] = plain(default)
    old = [[name_of(each.group) if each.group else group, dest(each.name or opt.dest)] for each in opt.deprecated_opts]
    old = [each for number, each in enumerate(old) if each not in old[:number] and each != [group, opt.dest]]
    if old:
        record["deprecated"] = old
    if opt.deprecated_for_removal:
        record["removal"] = {
            "since": text(getattr(opt, "deprecated_since", None) or ""),
            "reason": " ".join(text(opt.deprecated_reason or "").split()),
        }
    for flag in ("required", "secret", "mutable"):
        if getattr(opt, flag, False):
            record[flag] = True
    return record


def dest(name):
    return name.replace("-", "_")


def describe_type(opt):
    if not opt.multi:
        return kind_of(opt.type)
    return dict(kind_of(getattr(opt.type, "item_type", opt.type)), multi=True)


def kind_of(kind):
    """The name of a type, its bounds, its choices, and of a list the type of its items."""
    from oslo_config.types import ConfigType

    # HostAddress was no ConfigType up to Queens.
    is_oslos = isinstance(kind, ConfigType) or type(kind).__module__ == ConfigType.__module__
    if not is_oslos:  # any function of a text will do
        return {"type": {int: "integer", float: "float", bool: "boolean"}.get(kind, "string")}
    found = {"type": {"MultiString": "string"}.get(type(kind).__name__, type(kind).__name__.lower())}
    for bound in ("min", "max"):
        value = getattr(kind, bound, None)
        if value not in (None, PROCESSORS):
            found[bound] = plain(value)
    choices = getattr(kind, "choices", None)
    if choices:
        found["choices"] = [plain(each) for each in choices]
        if getattr(kind, "ignore_case", False):
            found["ignore_case"] = True
    item = getattr(kind, "item_type", None)
    if item is not None:
        items = kind_of(item)
        if items != {"type": "string"}:
            found["items"] = items
    if getattr(kind, "bounds", False):
        found["bounds"] = True
    return found


def plain(value):
    """A value as JSON has it, without what depends on the machine."""
    if value == PROCESSORS:
        return "<processors>"
    if value is None or isinstance(value, (bool, numbers.Number)):
        return value
    if isinstance(value, dict):
        return dict((text(key), plain(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(each) for each in value)
    return text(value)


def text(value):
    """A text; Python 2 gives bytes."""
    if isinstance(value, bytes) and bytes is str:
        value = value.decode("utf-8", "replace")
    said = IN_MEMORY.sub("", "%s" % (value,)).replace(HOST, "<host>")
    for place in (sys.prefix, os.path.realpath(sys.prefix)):
        if place not in OF_THE_SYSTEM:
            said = said.replace(place, "<prefix>")
    return said


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
