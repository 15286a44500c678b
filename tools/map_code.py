"""Write which functions of an OpenStack project lean on which: `src/ostler/diagnosis/data/code/PROJECT-RELEASE.json`.

    .venv/bin/python tools/map_code.py RELEASE FOLDER…

Each FOLDER is an unpacked wheel of one project (`pip download --no-deps nova==…`, then unzip). Nothing is imported or
run: the sources are parsed. What a name stands for is told by the imports of its module; where that is not enough, by
its name alone when few functions of the project have it. Names of remote procedure calls (`cast(context, 'name')`)
lead to the functions of that name in managers and agents. Tests, migrations and drivers of single vendors are left out.
How values go through each function is written beside it (`value_flow.py`).
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

from value_flow import Flow, flow_of

WHERE = Path(__file__).parents[1] / "src" / "ostler" / "diagnosis" / "data" / "code"
LEFT_OUT = re.compile(
    r"/tests?/|/functional/|/hacking/|/locale/|/migrat|/alembic|/cmd/|/opts\.py$|/conf/|/version\.py$|/testing/|/brick/"
    r"|/volume/drivers/(?!lvm|rbd|nfs|remotefs|block_device|__init__)|/zonemanager/drivers/|/virt/(?:xenapi|vmwareapi|hyperv|powervm|ironic|zvm)/"
    r"|/backup/drivers/(?!nfs|posix|swift|ceph)|/policies/|/schemas?/|/CA/"
)
FEW = 4
"""So many functions of one name may be meant by it when nothing else tells which."""

EVERYWHERE = frozenset(name for kind in (dict, list, str, set) for name in dir(kind)) | frozenset(
    ["all", "filter", "filter_by", "first", "one", "scalar", "delete", "execute", "close", "read", "write", "query"]
)
"""Names of methods that so many things have (Python's own, queries, files) that the name alone means nothing."""

Function = tuple[str, str]
"""Where it stands (`nova/compute/manager.py`) and its name, as tracebacks give them: without a class."""


class Source:
    """One file: its functions, its classes, what its imports stand for."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.tree = tree
        self.functions: dict[str, list[ast.AST]] = defaultdict(list)
        self.classes: dict[str, ast.ClassDef] = {}
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name].append(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            elif isinstance(node, ast.Import):
                for name in node.names:
                    self.imports[name.asname or name.name] = name.name
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for name in node.names:
                    if name.name == "*":
                        self.stars.append(node.module)
                    else:
                        self.imports[name.asname or name.name] = f"{node.module}.{name.name}"


def parsed(text: str) -> ast.Module:
    """The tree of a file; up to Pike, `async` was a name like any other (a keyword since Python 3.7)."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.parse(re.sub(r"\basync\b", "async_", text))


class Project:
    """All files of one project, and who leans on whom."""

    def __init__(self, folder: Path) -> None:
        self.sources: dict[str, Source] = {}
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent).as_posix()
            if LEFT_OUT.search("/" + name):
                continue
            self.sources[name] = Source(name, parsed(path.read_text("utf-8")))
        self._meant: dict[str, tuple[str, str] | None] = {}
        self._inherited: dict[str, set[Function]] = {}
        self._derived: dict[tuple[str, str], list[tuple[Source, ast.ClassDef]]] = defaultdict(list)
        self.named: dict[str, list[str]] = defaultdict(list)
        self.classes: dict[str, list[str]] = defaultdict(list)
        for source in self.sources.values():
            for function in source.functions:
                self.named[function].append(source.path)
            for each in source.classes:
                self.classes[each].append(source.path)

    def file_of(self, dotted: str) -> str | None:
        """The file of a module or package that is of this project."""
        plain = dotted.replace(".", "/")
        return next((each for each in (f"{plain}.py", f"{plain}/__init__.py") if each in self.sources), None)

    def meant(self, dotted: str) -> tuple[str, str] | None:
        """The file and the name there (empty: the file itself) that a dotted name of an import stands for."""
        if dotted not in self._meant:
            self._meant[dotted] = self._look_up(dotted, frozenset())
        return self._meant[dotted]

    def _look_up(self, dotted: str, seen: frozenset[str]) -> tuple[str, str] | None:
        if path := self.file_of(dotted):
            return path, ""
        module, _, name = dotted.rpartition(".")
        path = self.file_of(module) if module else None
        if path is None or path in seen:
            return None
        there = self.sources[path]
        if name in there.functions or name in there.classes:
            return path, name
        if name in there.imports:
            return self._look_up(there.imports[name], seen | {path})
        for star in there.stars:
            if found := self._look_up(f"{star}.{name}", seen | {path}):
                return found
        return path, name

    def leaned_on(self, source: Source, function: ast.AST, owner: ast.ClassDef | None) -> set[Function]:
        """The functions that one function calls or hands on."""
        found: set[Function] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found |= self._by_name(source, node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found |= self._by_attribute(source, node, owner)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("call", "cast") and len(node.args) > 1:
                    found |= self._by_call(node.args[1])
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not function:
                found.add((source.path, node.name))
        return found

    def values_of(self, source: Source, function: ast.AST, owner: ast.ClassDef | None) -> set[tuple[str, Function]]:
        """The names in a function whose values other functions gave, and which."""
        found: set[tuple[str, Function]] = set()
        for node in ast.walk(function):
            targets, value = _targets(node)
            for call in ast.walk(value) if value is not None else ():
                if isinstance(call, ast.Call):
                    givers = self.meant_by(source, owner, call.func)
                    found |= {(name, giver) for name in _names(targets) for giver in givers}
        return found

    def meant_by(self, source: Source, owner: ast.ClassDef | None, called: ast.expr) -> set[Function]:
        """The functions that a called name or an attribute stands for."""
        if isinstance(called, ast.Name):
            return self._by_name(source, called.id)
        return self._by_attribute(source, called, owner) if isinstance(called, ast.Attribute) else set()

    def _by_name(self, source: Source, name: str) -> set[Function]:
        if name in source.functions:
            return {(source.path, name)}
        meant = self.meant(source.imports[name]) if name in source.imports else None
        if meant and meant[1] in self.sources[meant[0]].functions:
            return {meant}
        return set()

    def _by_attribute(self, source: Source, node: ast.Attribute, owner: ast.ClassDef | None) -> set[Function]:
        name, base = node.attr, node.value
        if isinstance(base, ast.Name) and base.id in ("self", "cls") and owner is not None:
            found = self._of_class(source, owner, name) | self._by_rare_name(
                source, name
            )  # a subclass may have its own
            return found | self._of_subclasses(source, owner, name)
        dotted = _dotted(base)
        first = dotted.partition(".")[0] if dotted else ""
        if first in source.imports:
            rest = dotted.partition(".")[2]
            whole = source.imports[first] + (f".{rest}" if rest else "")
            if not whole.startswith(source.path.split("/")[0] + "."):
                return set()
            meant = self.meant(f"{whole}.{name}")
            if meant and meant[1] in self.sources[meant[0]].functions:
                return {meant}
            last = dotted.rpartition(".")[2]
            return {(path, name) for path in self._homes(source, last) if name in self.sources[path].functions}
        if isinstance(base, ast.Name) and base.id == "IMPL":
            return {
                (path, name) for path in self.named.get(name, ()) if path.endswith(("sqlalchemy/api.py", "main/api.py"))
            }
        return self._by_attribute_of_api(source, dotted, name) or self._by_rare_name(source, name)

    def _by_attribute_of_api(self, source: Source, dotted: str, name: str) -> set[Function]:
        """By convention: `self.volume_api` is of `volume/api.py`, `self.compute_rpcapi` of `compute/rpcapi.py`."""
        found = re.fullmatch(r"(?:.*\.)?_?([a-z]+)_(api|rpcapi)", dotted)
        path = f"{source.path.split('/')[0]}/{found[1]}/{found[2]}.py" if found else ""
        return {(path, name)} if path in self.sources and name in self.sources[path].functions else set()

    def _of_subclasses(self, source: Source, owner: ast.ClassDef, name: str) -> set[Function]:
        """What subclasses in other files have of their own, unless that is so many that it says nothing."""
        found = {
            (there.path, name)
            for there, each in self._subclasses().get((source.path, owner.name), ())
            if any(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name for one in each.body)
        }
        return found if len(found) <= FEW else set()

    def _subclasses(self) -> dict[tuple[str, str], list[tuple[Source, ast.ClassDef]]]:
        """The classes that are derived from each, over any number of steps."""
        if not self._derived:
            for source in self.sources.values():
                for each in source.classes.values():
                    for home, base in self._bases(source, each):
                        self._derived[home.path, base.name].append((source, each))
        return self._derived

    def _bases(self, source: Source, owner: ast.ClassDef) -> list[tuple[Source, ast.ClassDef]]:
        found: list[tuple[Source, ast.ClassDef]] = []
        border = [(source, owner)]
        while border:
            homes = [self._home_of_base(there, _dotted(base)) for there, each in border for base in each.bases]
            border = [home for home in homes if home is not None and home not in found and home != (source, owner)]
            found += border
        return found

    def _homes(self, source: Source, name: str) -> list[str]:
        if name in source.imports and (meant := self.meant(source.imports[name])):
            return [meant[0]]
        return self.classes.get(name, [])

    def _of_class(
        self, source: Source, owner: ast.ClassDef, name: str, seen: frozenset[str] = frozenset()
    ) -> set[Function]:
        key = f"{source.path}:{owner.name}:{name}"
        if key not in self._inherited:
            self._inherited[key] = self._look_in_class(source, owner, name, seen | {key})
        return self._inherited[key]

    def _look_in_class(self, source: Source, owner: ast.ClassDef, name: str, seen: frozenset[str]) -> set[Function]:
        if any(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name for each in owner.body):
            return {(source.path, name)}
        for base in owner.bases:
            home = self._home_of_base(source, _dotted(base))
            if home is None or f"{home[0].path}:{home[1].name}:{name}" in seen:
                continue
            if found := self._of_class(*home, name, seen):
                return found
        return set()

    def _home_of_base(self, source: Source, dotted: str) -> tuple[Source, ast.ClassDef] | None:
        first, _, rest = dotted.partition(".")
        if dotted in source.classes:
            return source, source.classes[dotted]
        meant = self.meant(source.imports[first] + (f".{rest}" if rest else "")) if first in source.imports else None
        there = self.sources[meant[0]] if meant else None
        return (there, there.classes[meant[1]]) if there and meant and meant[1] in there.classes else None

    def _by_rare_name(self, source: Source, name: str) -> set[Function]:
        homes = self.named.get(name, ())
        if name.startswith("__") or name in EVERYWHERE or len(homes) > FEW:
            return set()
        return {(path, name) for path in homes}

    def _by_call(self, argument: ast.expr) -> set[Function]:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            return set()
        return {
            (path, argument.value) for path in self.named.get(argument.value, ())
            if not path.endswith("rpcapi.py") and re.search(r"manager|agent|rpc|handler", path)
        }  # fmt: skip


def _targets(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    """What a statement gives a value to, and the value."""
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.For | ast.comprehension):
        return [node.target], node.iter
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return [node.optional_vars], node.context_expr
    return [], None


def _names(targets: list[ast.expr]) -> set[str]:
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for target in targets for each in ast.walk(target)
        if isinstance(each, ast.Name) or (isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
    } - {"self", "_"}  # fmt: skip


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def _owners(tree: ast.Module) -> dict[ast.AST, ast.ClassDef]:
    return {
        inner: node
        for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
        for outer in node.body for inner in ast.walk(outer) if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
    }  # fmt: skip


def valued(project: Project) -> dict[str, dict[str, list[tuple[str, Function]]]]:
    """By file and function: the names whose values other functions give."""
    found: dict[str, dict[str, list[tuple[str, Function]]]] = {}
    for path, source in project.sources.items():
        owners = _owners(source.tree)
        for name, nodes in source.functions.items():
            given = sorted({each for node in nodes for each in project.values_of(source, node, owners.get(node))})
            if given:
                found.setdefault(path, {})[name] = given
    return found


def flowing(project: Project) -> dict[str, dict[str, Flow]]:
    """By file and function: how values go through it."""
    found: dict[str, dict[str, Flow]] = {}
    for path, source in project.sources.items():
        owners = _owners(source.tree)
        for name, nodes in source.functions.items():
            flow = found.setdefault(path, {})[name] = Flow()
            for node in nodes:
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                flow_of(node, partial(project.meant_by, source, owners.get(node)), flow)
    return found


def mapped(project: Project) -> dict[str, dict[str, dict[str, list[str]]]]:
    """By file and function: which functions of which files it leans on."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for path, source in project.sources.items():
        owners = _owners(source.tree)
        of_file: dict[str, dict[str, list[str]]] = {}
        for name, nodes in source.functions.items():
            leaned = {each for node in nodes for each in project.leaned_on(source, node, owners.get(node))} - {
                (path, name)
            }
            by_file: dict[str, list[str]] = defaultdict(list)
            for there, function in sorted(leaned):
                by_file["" if there == path else there].append(function)
            of_file[name] = dict(by_file)
        if of_file:
            found[path] = of_file
    return found


def as_text(
    release: str,
    found: dict[str, dict[str, dict[str, list[str]]]],
    values: dict[str, dict[str, list[tuple[str, Function]]]],
    flows: dict[str, dict[str, Flow]],
) -> str:
    """One line a file, so that differences can be read; files are named by their numbers where they are leaned on."""
    number = {path: at for at, path in enumerate(found)}
    lines = []
    for path, functions in found.items():
        packed = {
            name: " ".join(
                f"{number[there] if there else ''}:{','.join(names)}"
                for there, names in leaned.items()
                if not there or there in number
            )
            for name, leaned in functions.items()
        }
        lines.append(f"  {json.dumps(path)}: {json.dumps(packed, separators=(',', ':'), sort_keys=True)}")
    given = []
    for path, functions in values.items():
        told = {name: _packed(each, path, number) for name, each in functions.items()}
        given.append(f"  {json.dumps(path)}: {json.dumps(told, separators=(',', ':'))}")
    flowing_through = []
    for path, functions in flows.items():
        told = {name: _flow_packed(flow, path, number) for name, flow in functions.items()}
        flowing_through.append(f"  {json.dumps(path)}: {json.dumps(told, separators=(',', ':'), sort_keys=True)}")
    files, all_given, all_flows = ",\n".join(lines), ",\n".join(given), ",\n".join(flowing_through)
    return (
        f'{{"release": {json.dumps(release)},\n "files": {{\n{files}\n}},\n "values": {{\n{all_given}\n}},\n'
        f' "flows": {{\n{all_flows}\n}}}}\n'
    )


def _packed(given: list[tuple[str, Function]], path: str, number: dict[str, int]) -> str:
    return " ".join(
        f"{name}={'' if there == path else number[there]}:{function}"
        for name, (there, function) in given
        if there in number
    )


def _flow_packed(flow: Flow, path: str, number: dict[str, int]) -> str:
    """`what it is handed|what it takes something of<calls that got it before|names>the first call that gets them|
    whose value it gives back|whose value a name has`."""

    def told(function: Function) -> list[str]:
        there, name = function
        return [f"{'' if there == path else number[there]}:{name}"] if there == path or there in number else []

    known = set(flow.hands) | flow.names | flow.made | {name for name, _ in flow.given}
    used = ["<".join([name, *sorted(calls)]) for name, calls in sorted(flow.used.items()) if name in known]
    lent = [f"{name}>{call}" for name, call in sorted(flow.lent.items()) if name in known]
    gives = [
        *(["!"] if flow.may_give_nothing else []), *(["?"] if flow.asks_outside else []),
        *(f"={name}" for name in sorted(flow.names)), *(each for one in sorted(flow.gives) for each in told(one)),
    ]  # fmt: skip
    given = [f"{name}={each}" for name, one in sorted(flow.given) for each in told(one)]
    made = sorted(flow.made - {name for name, _ in flow.given})
    return "|".join(" ".join(each) for each in (flow.hands, used, lent, gives, [*given, *made]))


def main() -> None:
    release, *folders = sys.argv[1:]
    for folder in map(Path, folders):
        project = Project(folder)
        text = as_text(release, mapped(project), valued(project), flowing(project))
        WHERE.mkdir(parents=True, exist_ok=True)
        (WHERE / f"{folder.name}-{release}.json").write_text(text)
        print(f"{folder.name}-{release}.json: {len(text) // 1024} KiB")


if __name__ == "__main__":
    main()
