"""The script with which `host.settings` and `host.logins` read a host's configuration files, as a text.

It is for the host's own Python (3.5 or later). READING finds the options of files; nothing there prints.
"""

from __future__ import annotations

from ostler.catalog import load_catalog
from ostler.facts.options import SECRET

SECRETS = SECRET.pattern + "|passphrase|passwd"
"""Names of options whose value never leaves the host."""

READING = r"""
import hashlib, json, os, re, sys
LARGEST = 1 << 20
SKIPPED = ("-paste.ini", "paste.ini", "rootwrap.conf", "logging.conf", "logging_sample.conf")

def files_below(folder):
    found = []
    for at, folders, names in sorted(os.walk(folder)):
        folders[:] = [name for name in folders if name not in ("rootwrap.d", "rootwrap", "policy.d", "locale")]
        found += [os.path.join(at, name) for name in sorted(names)
                  if name.endswith((".conf", ".ini")) and not name.endswith(SKIPPED)]
    return [path for path in found if os.path.isfile(path)][:50]

def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(LARGEST)

def options_of(text):
    # as oslo.config reads a file: [line, group, name, value], and the numbers of lines it cannot read
    found, wrong, group, goes_on = [], [], None, False
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if plain and line[0] in " \t" and goes_on:
            found[-1][3] += "\n" + plain
            continue
        goes_on = False
        if not plain or plain[0] in "#;":
            continue
        sign = re.search("[=:]", plain)
        if plain[0] == "[":
            if plain[-1] == "]" and len(plain) > 2:
                group = plain[1:-1]
            else:
                wrong.append(number)
        elif line[0] in " \t" or group is None or not sign or not sign.start():
            wrong.append(number)
        else:
            value = plain[sign.end():].strip()
            if value and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            found.append([number, group, plain[:sign.start()].strip(), value])
            goes_on = True
    return found, wrong
"""


def project_folders() -> tuple[str, ...]:
    """The folders of the catalog's projects, whose configuration is read."""
    return tuple(project.config_dir for project in load_catalog().projects)
