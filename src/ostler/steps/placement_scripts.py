"""Fixed scripts for the host's own Python 3 (3.5 or later) that take placement out of nova. Secrets stay on the host:
they are read there, and never shown."""

from __future__ import annotations

from ostler.facts.options import READER

SETTINGS = (
    READER
    + r"""
from urllib.parse import urlsplit

NAME = re.compile(r"\\\$|\$\$|\$([A-Za-z_][\w.]*)|\$\{([A-Za-z_][\w.]*)\}")

def groups_of(path):
    groups = {}
    for at, name, value, more in options_of(path):
        groups.setdefault(at, {}).setdefault(name.replace("-", "_"), []).append("\n ".join([value] + more))
    return groups

def plain(path, groups, group, option, text):
    # $names as oslo.config reads them; what they stand for may be set in this file alone.

    def told(found):
        if not (found.group(1) or found.group(2)):
            return found.group()
        at, _, name = (found.group(1) or found.group(2)).rpartition(".")
        for where in [at] if at else [group, "DEFAULT"]:
            if name in groups.get(where, {}):
                return plain(path, groups, where, name, groups[where][name][-1])
        # What it names may be a part of a password.
        sys.exit("[%s] %s in %s names an option that is not set there: write it in full" % (group, option, path))

    return NAME.sub(told, text)

def connection(path, groups, group):
    # Names are written out; a sign of the dollar is still written as $$.
    found = groups.get(group, {}).get("connection")
    if not found:
        sys.exit("[%s] connection is not set in %s" % (group, path))
    text = plain(path, groups, group, "connection", found[-1])
    try:
        urlsplit(text).port
    except ValueError:  # its words hold a part of the password
        sys.exit("[%s] connection in %s cannot be read: a character of it is to be written as %%XX" % (group, path))
    return text

def database_of(url):
    return urlsplit(url).path.strip("/")
"""
)

DERIVE_SETTINGS = (
    SETTINGS
    + r"""
import grp, os

source, target, group, database = sys.argv[2:6]
if os.path.exists(target):
    own = groups_of(target)
    if own.get("placement_database", {}).get("connection"):
        if database_of(connection(target, own, "placement_database")) == database:
            sys.exit(0)
    sys.exit("[placement_database] connection in %s does not name the database %s" % (target, database))
groups = groups_of(source)
if "connection" in groups.get("placement_database", {}):
    sys.exit("[placement_database] connection is set in %s: placement's data are not in nova's database" % source)
nova_url = connection(source, groups, "api_database")
url = re.sub("^([^:/]+://[^/]*/)[^?]*", lambda found: found.group(1) + database, nova_url)
if database_of(url) != database:
    sys.exit("[api_database] connection in %s names no database" % source)

lines = ["# From %s, when placement left nova." % source]
strategy = groups.get("api", {}).get("auth_strategy")
checks = groups.get("keystone_authtoken", {})
# The account may be written in a section of its own.
account = plain(source, groups, "keystone_authtoken", "auth_section", checks.get("auth_section", [""])[-1])
account = account or "keystone_authtoken"
if checks and account not in groups:
    sys.exit("[keystone_authtoken] auth_section in %s names a section that is not there" % source)
lines += ["", "[placement_database]", "connection = " + url]
for at, options in [("api", {"auth_strategy": strategy} if strategy else {}), ("keystone_authtoken", checks)] + (
    [(account, groups.get(account, {}))] if account != "keystone_authtoken" else []
):
    lines += ["", "[%s]" % at]
    for name, values in options.items():
        lines += ["%s = %s" % (name, plain(source, groups, at, name, value)) for value in values]

folder = os.path.dirname(target)
os.makedirs(folder, 0o755, exist_ok=True)
number = grp.getgrnam(group).gr_gid
# One name: what a killed command has left goes first.
path = os.path.join(folder, ".placement.conf.ostler")
if os.path.lexists(path):
    os.unlink(path)
handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
    file.write("\n".join(lines) + "\n")
    file.flush()
    os.fsync(file.fileno())
os.chown(path, 0, number)
os.chmod(path, 0o640)
os.rename(path, target)
"""
)
"""NOVA_CONF PLACEMENT_CONF GROUP DATABASE: placement's own configuration from nova's, in which it was before: how
tokens are checked, and nova's account, at the database DATABASE. A file that is there stays."""

TAKE_OUT = (
    SETTINGS
    + r"""
import os, shutil, signal, subprocess
from urllib.parse import parse_qs, unquote

nova, placement, database, script, programs = sys.argv[2:7]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FOLDER = "/var/lib/ostler/placement"
TABLES = (
    "allocations", "placement_aggregates", "consumers", "inventories", "projects", "resource_classes",
    "resource_provider_aggregates", "resource_provider_traits", "resource_providers", "traits", "users",
)
PLACED = ("allocations", "inventories")
STANDS_FOR = '''#!/bin/sh
for word; do
  shift
  case "$word" in -h* | -p*) ;; -u*) user=${word#-u} ;; *) set -- "$@" "$word" ;; esac
done
exec %s --defaults-extra-file="%s/$user.cnf" "$@"
'''


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def settings(url):
    said = {
        "host": url.hostname or "localhost",
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
    }
    if url.port:
        said["port"] = str(url.port)
    asked = parse_qs(url.query)
    said.update(
        (name.replace("_", "-"), asked[name][-1]) for name in ("ssl_ca", "ssl_cert", "ssl_key") if name in asked
    )
    return "[client]\n" + "".join("%s=%s\n" % (name, quoted(value)) for name, value in said.items())


def write(path, text, mode):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def rows(statement, word="PLACEMENT"):
    words = [folder + "/bin/mysql", "-u" + word, "--batch", "--skip-column-names", "--execute", statement]
    asked = subprocess.run(words + [environment[word + "_DB"]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    if asked.returncode != 0:
        sys.exit("the database %s could not be asked" % environment[word + "_DB"])
    return asked.stdout.decode().split()

def counts(word):
    said = rows(" UNION ALL ".join("SELECT '%s', COUNT(*) FROM `%s`" % (name, name) for name in TABLES), word)
    return dict(zip(said[::2], map(int, said[1::2])))

def what_is_missing(code):
    # The script takes a table that it could not read for an empty one.
    there = counts("NOVA_API")
    if code == 4:
        left = ["%d of %s" % (there[name], name) for name in PLACED if there[name]]
        return "it takes nothing, but nova's database holds " + ", ".join(left) if left else ""
    here = counts("PLACEMENT")
    differ = ["%s: %d of %d" % (name, here[name], there[name]) for name in TABLES if here[name] != there[name]]
    return "not every row came over: " + ", ".join(differ) if differ else ""

def all_tables():
    return rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")

def empty():
    tables = all_tables()
    if tables:
        rows("SET FOREIGN_KEY_CHECKS = 0; DROP TABLE %s" % ", ".join("`%s`" % name for name in tables))

os.umask(0o077)
folder = FOLDER
# What a run that was killed has left goes first: it holds passwords.
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
try:
    environment = {
        "PATH": ":".join([folder + "/bin", programs, PATH]),
        "TMPDIR": folder,
        "HOME": folder,
        "MIGRATE_TABLES": " ".join(TABLES),
    }
    for word, path, group in (("NOVA_API", nova, "api_database"), ("PLACEMENT", placement, "placement_database")):
        url = urlsplit(NAME.sub("$", connection(path, groups_of(path), group)))
        write("%s/%s.cnf" % (folder, word), settings(url), 0o600)
        environment.update(
            {
                word + "_DB": url.path.strip("/"),
                word + "_DB_HOST": url.hostname or "localhost",
                word + "_USER": word,
                word + "_PASS": "none",
            }
        )
    # Tables are dropped below: in no other database than the one that was made for this.
    if environment["PLACEMENT_DB"] != database or environment["NOVA_API_DB"] == database:
        sys.exit("[placement_database] connection in %s does not name the database %s" % (placement, database))
    os.mkdir(folder + "/bin")
    for name, newer in (("mysql", "mariadb"), ("mysqldump", "mariadb-dump")):
        program = shutil.which(newer, path=PATH) or shutil.which(name, path=PATH)
        if program is None:
            sys.exit("neither %s nor %s is on this host" % (newer, name))
        write("%s/bin/%s" % (folder, name), STANDS_FOR % (program, folder), 0o700)
    # Tables without a revision are what a run that was ended has left: the script would take them for all there is.
    if "alembic_version" not in all_tables() or not rows("SELECT version_num FROM alembic_version"):
        empty()
    words = ["bash", script] + sys.argv[7:] + ["-"]
    done = subprocess.run(words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    sys.stdout.write(done.stdout.decode(errors="replace"))
    code = done.returncode
    # It gives the database a revision all the same, and would be content with it the next time.
    if b"Failed to dump" in done.stdout or b"Failed to load" in done.stdout:
        empty()
    elif code in (0, 3, 4):
        missing = what_is_missing(code)
        if missing:
            if code == 0:
                empty()
            sys.exit(missing)
finally:
    shutil.rmtree(folder)
sys.exit(code)
"""
)
"""NOVA_CONF PLACEMENT_CONF DATABASE SCRIPT PROGRAMS ARGUMENT...: fills DATABASE, which is placement's alone, by the
script of placement's developers, whose programs lie in the folder PROGRAMS, and counts the rows on both sides. The
script knows neither ports nor files with passwords, and bears no sign of the shell in one: what it takes for mysql and
mysqldump here are words that read them from files of their own."""


def python_words(name: str, script: str, *values: str) -> tuple[str, ...]:
    """Return the words of a command that runs one of these with values; hosts list it among their processes by name."""
    return ("python3", "-I", "-c", script, f"ostler-{name}", *values)
