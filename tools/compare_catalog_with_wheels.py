"""Compare the catalog with the real packages, without installing or importing them.

    mkdir wheels
    python tools/compare_catalog_with_wheels.py --list | xargs pip download --no-deps -d wheels
    python tools/compare_catalog_with_wheels.py wheels

For every project and release it reads the wheel of the newest version and compares: the last revision of each
schema branch, the programs and WSGI modules that start services, the manage and status programs, and nova's
service version, compute RPC and object versions. Each difference is one line; the exit code is 1 when there
are some. Run it when a release or a version is added to the catalog.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ostler.catalog import Catalog, Project, load_catalog

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
        print("\n".join(f"{p.package}=={p.version(release)}" for p in catalog.projects for release in p.releases))
        return 0
    differences = 0
    for project in catalog.projects:
        for release in project.releases:
            wheel = Wheel(_path(Path(arguments[0]), project, release))
            for line in (*_schema(project, release, wheel), *_programs(project, release, wheel)):
                print(f"{project.name} {release}: {line}")
                differences += 1
    for release in catalog.project("nova").releases:
        for line in _nova(catalog, release, Wheel(_path(Path(arguments[0]), catalog.project("nova"), release))):
            print(f"nova {release}: {line}")
            differences += 1
    print(f"{differences} differences")
    return 1 if differences else 0


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
        if found != dict(project.heads(database.name, release)):
            yield f"heads of {database.name} are {found}, not {dict(project.heads(database.name, release))}"


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
    facts = catalog.nova.at(release)
    service = wheel.text("nova/objects/service.py")
    version = int(re.findall(r"^SERVICE_VERSION = (\d+)", service, re.M)[0])
    oldest = re.findall(r"^OLDEST_SUPPORTED_SERVICE_VERSION = '(\w+)'", service, re.M)[0]
    floor = int(re.findall(rf"^ +'{oldest}': (\d+),", service, re.M)[0])
    if (version, floor) != (facts.service_version, facts.compute_floor):
        yield f"service version and floor are {version} and {floor}"
    objects = dict(_objects(wheel))
    for name, expected in facts.objects.items():
        if objects.get(name) != expected:
            yield f"{name} is {objects.get(name)}, not {expected}"


def _objects(wheel: Wheel) -> Iterator[tuple[str, object]]:
    for name in wheel.names:
        if re.fullmatch(r"nova/objects/\w+\.py", name):
            for node in ast.parse(wheel.text(name)).body:
                if isinstance(node, ast.ClassDef) and "VERSION" in (inside := dict(_literals(node.body))):
                    yield node.name, inside["VERSION"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
