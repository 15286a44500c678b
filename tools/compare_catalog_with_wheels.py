"""Compare the catalog with the real packages, without installing or importing them.

    mkdir wheels
    python tools/compare_catalog_with_wheels.py --list |
        xargs pip download --no-deps --ignore-requires-python --only-binary :all: -d wheels
    python tools/compare_catalog_with_wheels.py wheels

For every project and release it reads the wheel of the newest version and compares: the last revision of each
schema branch and the oldest it can start from, the programs and WSGI modules that start services, the manage and
status programs, the online migrations they carry, and nova's service version, compute RPC, hypervisor minima and
object versions. Each difference is one line; the exit code is 1 when there are some. Run it when a release or a
version is added to the catalog.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ostler.catalog import Catalog, NovaRelease, Project, load_catalog
from ostler.catalog.database import MIGRATE_TABLE

MIGRATIONS = {
    "keystone": "keystone/common/sql/migrations/versions/",
    "glance": "glance/db/sqlalchemy/alembic_migrations/versions/",
    "placement": "placement/db/sqlalchemy/alembic/versions/",
    "neutron": "neutron/db/migration/alembic_migrations/versions/",
    "cinder": "cinder/db/migrations/versions/",
    "nova_api": "nova/db/api/migrations/versions/",
    "nova_cell0": "nova/db/main/migrations/versions/",
    "nova": "nova/db/main/migrations/versions/",
}

EARLY = ("kilo", "liberty", "mitaka", "newton")
NOT_ON_INDEX = {
    "nova": EARLY,
    "neutron": EARLY,
    "cinder": EARLY,
    "keystone": (*EARLY, "ocata"),
    "glance": (*EARLY, "ocata", "queens"),
}
"""Releases whose wheel was never put on the index: their facts were read by git tag."""

REPOSITORIES = {
    "nova_api": {"main": ("nova/db/sqlalchemy/api_migrations/migrate_repo/", "nova/db/api/legacy_migrations/")},
    "nova_cell0": {"main": ("nova/db/sqlalchemy/migrate_repo/", "nova/db/main/legacy_migrations/")},
    "nova": {"main": ("nova/db/sqlalchemy/migrate_repo/", "nova/db/main/legacy_migrations/")},
    "cinder": {"main": ("cinder/db/sqlalchemy/migrate_repo/", "cinder/db/legacy_migrations/")},
    "keystone": {
        branch: (f"keystone/common/sql/{branch}_repo/", f"keystone/common/sql/legacy_migrations/{branch}_repo/")
        for branch in ("expand", "data_migration", "contract")
    },
}
"""Where sqlalchemy-migrate's numbered files of each database and branch lie: while they were in use, and afterwards."""


class Wheel:
    """The text files of one wheel."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self.names = self._zip.namelist()

    def text(self, name: str) -> str:
        return self._zip.read(name).decode()

    def assigned(self, name: str) -> dict[str, object]:
        """The literals assigned at the top of a Python file."""
        return dict(_literals(ast.parse(self.text(name)).body))

    def numbers(self, folders: tuple[str, ...]) -> list[int]:
        """The numbers of sqlalchemy-migrate's files in the first of the folders that there is, in order."""
        for folder in folders:
            found = [re.match(rf"{folder}versions/(\d+)_\w+\.(?:py|sql)$", name) for name in self.names]
            if any(found):
                return sorted({int(match[1]) for match in found if match})
        return []

    def programs(self) -> set[str]:
        """The console programs, and the WSGI scripts that pbr puts beside them."""
        parser = configparser.ConfigParser(delimiters=["="], strict=False, interpolation=None)
        parser.optionxform = str  # type: ignore[method-assign,assignment]
        parser.read_string(self.text(next(n for n in self.names if n.endswith("dist-info/entry_points.txt"))))
        return {
            program.strip()
            for section in ("console_scripts", "wsgi_scripts")
            if parser.has_section(section)
            for program in parser[section]
        }


def main(arguments: list[str]) -> int:
    catalog = load_catalog()
    if arguments == ["--list"]:
        print("\n".join(f"{project.package}=={project.version(release)}" for project, release in _editions(catalog)))
        return 0
    differences = 0
    for project, release in _editions(catalog):
        wheel = Wheel(_path(Path(arguments[0]), project, release))
        lines = [*_schema(project, release, wheel), *_floors(project, release, wheel)]
        lines += [*_programs(project, release, wheel), *_online(project, release, wheel)]
        if project.name == "nova":
            lines += _nova(catalog, release, wheel)
        for line in lines:
            print(f"{project.name} {release}: {line}")
        differences += len(lines)
    print(f"{differences} differences")
    return 1 if differences else 0


def _editions(catalog: Catalog) -> Iterator[tuple[Project, str]]:
    for project in (*map(catalog.past, catalog.project_names), *catalog.projects):
        for release in project.releases:
            if release not in NOT_ON_INDEX.get(project.name, ()):
                yield project, release


def _path(folder: Path, project: Project, release: str) -> Path:
    return next(folder.glob(f"{project.package.replace('-', '_')}-{project.version(release)}-*.whl"))


def _literals(body: list[ast.stmt]) -> Iterator[tuple[str, object]]:
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and value is not None:
            try:
                yield target.id, ast.literal_eval(value)
            except ValueError:
                continue


def _schema(project: Project, release: str, wheel: Wheel) -> Iterator[str]:
    for database in project.databases:
        if project.version_table(database.name, release) == MIGRATE_TABLE:
            folders = REPOSITORIES[database.name]
            last = {branch: str(wheel.numbers(folder)[-1]) for branch, folder in folders.items()}
            if last != dict(project.heads(database.name, release)):
                yield f"the last revisions of {database.name} are {last}"
            continue
        files = [name for name in _migrations(database.name, wheel) if name.endswith(".py")]
        revisions = {name: wheel.assigned(name) for name in files}
        earlier: set[object] = set()
        for values in revisions.values():
            down = values.get("down_revision")
            earlier.update(down if isinstance(down, tuple | list) else [down])
        found = {
            next((branch for branch in ("expand", "contract") if branch in name), "main"): values["revision"]
            for name, values in revisions.items()
            if "revision" in values and values["revision"] not in earlier
        }
        if {"expand", "contract"} <= set(found):
            found.pop("main", None)  # glance's of Pike lies beside them for who came there in one go
        if found != dict(project.heads(database.name, release)):
            yield f"heads of {database.name} are {found}, not {dict(project.heads(database.name, release))}"


def _floors(project: Project, release: str, wheel: Wheel) -> Iterator[str]:
    """Differences in the oldest schema this code can start from, where one is on record."""
    for database in project.databases:
        floor = project.schema_floor(database.name, release)
        if floor:
            first = {wheel.numbers(folder)[0] for folder in REPOSITORIES[database.name].values()}
            if first != {int(floor.revision)}:
                yield f"{database.name} can start from {first}, not {floor.revision}"


def _online(project: Project, release: str, wheel: Wheel) -> Iterator[str]:
    """Differences in the online migrations a release carries; some are called in a way that is not read here."""
    migration = project.online_migration(release)
    if migration is None or project.name not in ("nova", "cinder"):
        return
    text = wheel.text(f"{project.name}/cmd/manage.py")
    listed = re.findall(
        r"^    online_migrations\b[^=]*= (?:tuple)?\(([^()]*)\)", re.sub(r"#.*", "", text), re.MULTILINE
    )
    names = re.findall(r"[\w.]+", listed[0]) if listed else ["(not found)"]
    found = {_short(name.rpartition(".")[2]) for name in names}
    if found != {_short(name) for name in migration.names}:
        yield f"the online migrations are {sorted(found)}"
    if f"'{migration.batch_option}'" not in text:
        yield f"there is no option {migration.batch_option}"


def _short(name: str) -> str:
    return re.sub(r"(_online)?(_data)?_migration$", "", name)


def _migrations(database: str, wheel: Wheel) -> Iterator[str]:
    """The files of a database's migrations; keystone applies only those of the releases it lists."""
    folder = MIGRATIONS[database]
    releases = wheel.assigned("keystone/common/sql/upgrades.py")["RELEASES"] if database == "keystone" else None
    for name in wheel.names:
        release, is_below, _ = name.removeprefix(folder).partition("/")
        if name.startswith(folder) and (releases is None or not is_below or release in releases):
            yield name


def _programs(project: Project, release: str, wheel: Wheel) -> Iterator[str]:
    programs = wheel.programs()
    for service in project.services(release, optional=True):
        entry = project.entry_point(service.name, release)
        if entry.kind == "wsgi_module":
            found = f"{entry.target.replace('.', '/')}.py" in wheel.names
        else:
            found = entry.target in programs
        if not found:
            yield f"{service.name} is not started by {entry.target}"
    checks = (project.status_check(release), project.online_migration(release))
    for command in (*project.schema_phases(release), *(check for check in checks if check)):
        if command.argv[0] not in programs:
            yield f"there is no program {command.argv[0]}"


def _nova(catalog: Catalog, release: str, wheel: Wheel) -> Iterator[str]:
    facts = (catalog.nova if release in catalog.releases.order else catalog.past_nova).at(release)
    yield from _service_versions(catalog, facts, wheel)
    manager, driver = wheel.text("nova/compute/manager.py"), wheel.text("nova/virt/libvirt/driver.py")
    accepted = tuple(re.findall(r"target = messaging\.Target\([^)]*version='([\d.]+)'", manager))
    if accepted != facts.between.rpc_accepted:
        yield f"computes take RPC {accepted}"
    minima = dict(re.findall(r"^((?:NEXT_)?MIN_(?:LIBVIRT|QEMU)_VERSION) = \((.*?)\)", driver, re.M))
    known = (facts.min_libvirt, facts.min_qemu, facts.between.next_min_libvirt, facts.between.next_min_qemu)
    names = [f"{next_}MIN_{kind}_VERSION" for next_ in ("", "NEXT_") for kind in ("LIBVIRT", "QEMU")]
    found = tuple(minima[name].replace(", ", ".") for name in names)
    if found != known:
        yield f"the minima are {found}"
    objects = dict(_objects(wheel)) if facts.objects else {}
    for name, expected in facts.objects.items():
        if objects.get(name) != expected:
            yield f"{name} is {objects.get(name)}, not {expected}"


def _service_versions(catalog: Catalog, facts: NovaRelease, wheel: Wheel) -> Iterator[str]:
    service = wheel.text("nova/objects/service.py")
    version = int(re.findall(r"^SERVICE_VERSION = (\d+)", service, re.M)[0])
    if version != facts.service_version:
        yield f"the service version is {version}"
    raises = re.search(r"raise_if_old_compute\(\)\n.*?\n +raise\n", wheel.text("nova/service.py"), re.DOTALL)
    oldest = re.findall(r"^OLDEST_SUPPORTED_SERVICE_VERSION = '(\w+)'", service, re.M)
    floor = int(re.findall(rf"^ +'{oldest[0]}': (\d+),", service, re.M)[0]) if oldest and raises else 0
    if floor != facts.compute_floor:
        yield f"the floor is {floor}"
    named = next((r.id for r in catalog.all_releases.all if r.series == oldest[0].lower()), None) if floor else None
    if named != facts.between.oldest:
        yield f"the oldest computes are those of {named}"


def _objects(wheel: Wheel) -> Iterator[tuple[str, object]]:
    for name in wheel.names:
        if re.fullmatch(r"nova/objects/\w+\.py", name):
            for node in ast.parse(wheel.text(name)).body:
                if isinstance(node, ast.ClassDef) and "VERSION" in (inside := dict(_literals(node.body))):
                    yield node.name, inside["VERSION"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
