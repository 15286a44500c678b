"""The harvest runs a script in a foreign environment; here that environment is a small one of ours."""

from __future__ import annotations

import ast
import io
import json
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from ostler.catalog.option_file import OptionFile, with_harvest, write_option_file
from ostler.environments import harvest
from ostler.environments.harvest import harvest_archive, harvest_environment
from ostler.environments.manifest import Manifest
from ostler.environments.store import StoredEnvironment
from ostler.errors import CommandFailed, InputError

PARSING = Path(__file__).parents[3] / "benchmarks" / "foreign" / "parsing.py"
CFG = """
class Group:
    def __init__(self, name): self.name, self._opts = name, {}

class Old:
    def __init__(self, name, group=None): self.name, self.group = name, group

class Opt:
    def __init__(self, name, type, default=None, sample_default=None, deprecated=(), removal=None, **flags):
        self.name, self.dest, self.type = name, name.replace("-", "_"), type
        self.default, self.sample_default = default, sample_default
        self.deprecated_opts, self.deprecated_for_removal = list(deprecated), bool(removal)
        self.deprecated_since, self.deprecated_reason = removal or (None, None)
        self.multi = self.required = self.secret = self.mutable = False
        self.__dict__.update(flags)

class Conf:
    _opts, _groups = {}, {}

CONF = Conf()
"""
TYPES = """
class ConfigType: pass
class HostAddress(object): pass
class String(ConfigType):
    def __init__(self, choices=None): self.choices = choices
class Integer(ConfigType):
    def __init__(self, min=None, max=None): self.min, self.max = min, max
class List(ConfigType):
    def __init__(self, item_type): self.item_type, self.bounds = item_type, False
"""
PROJECT = """
import multiprocessing, os, socket, sys
from oslo_config import cfg, types
from oslo_utils import netutils
import nowhere.to_be_found
from nowhere.to_be_found import helper

class Error(helper.Error): pass

@helper.decorator(2)
def decorated(): pass

CORES = multiprocessing.cpu_count()
HOST = cfg.Opt("host", types.String(), default=socket.gethostname())
cfg.CONF._opts["unlisted"] = {"opt": cfg.Opt("unlisted", types.String(), mutable=True)}

def set_defaults():
    HOST.default = "set by the project"

def list_opts():
    return [
        (None, [HOST, cfg.Opt("workers", types.Integer(min=1, max=CORES), default=CORES)]),
        (cfg.Group("API"), [
            cfg.Opt("new-name", types.String(["b", "a"]), deprecated=[cfg.Old("old-name"), cfg.Old(None, "DEFAULT")]),
            cfg.Opt("ports", types.List(types.Integer()), default=(1, 2), required=True, secret=True),
            cfg.Opt("host", types.HostAddress()),
            cfg.Opt("gone", str, removal=("Rocky", "No  longer\\n needed"), multi=True),
            cfg.Opt("dir", types.String(), default=sys.prefix + "/etc"),
            cfg.Opt("ip", types.String(), default=netutils.get_my_ipv4(), sample_default="<address>"),
            cfg.Opt("program", types.String(), default=os.path.basename(sys.argv[0])),
            cfg.Opt("thing", types.String(), default=object()),
        ]),
        ("sample_group", [cfg.Opt("x", types.String())]),
    ]
"""
ENTRY_POINTS = """[oslo.config.opts]
toy = toy_project:list_opts
broken = toy_project:there_is_none
toy.tests.functional = toy_project:there_is_none

[oslo.config.opts.defaults]
toy = toy_project:set_defaults
"""

PYTHON = """#!{base} -IS
import os, runpy, sys
sys.prefix = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(sys.prefix, "site"))
sys.argv = sys.argv[4:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def make(environment: Path) -> Path:
    """An environment of the project `toy` whose Python is ours, with libraries that stand for oslo's."""
    site = environment / "site"
    for path, text in {
        "oslo_config/__init__.py": "",
        "oslo_config/cfg.py": CFG,
        "oslo_config/types.py": TYPES,
        "oslo_utils/__init__.py": "",
        "oslo_utils/netutils.py": "def get_my_ipv4(): return '203.0.113.9'\n",
        "toy_project.py": PROJECT,
        "toy-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: toy\nVersion: 1.2\n",
        "toy-1.2.dist-info/entry_points.txt": ENTRY_POINTS,
    }.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (environment / "bin").mkdir()
    python = environment / "bin" / "python"
    python.write_text(PYTHON.format(base=sys._base_executable))  # type: ignore[attr-defined]
    python.chmod(0o755)
    return environment


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return make(tmp_path / "toy-1.2")


def test_every_option_is_recorded_as_the_code_declares_it(environment: Path) -> None:
    found, problems = harvest_environment(environment, "toy", "r1")
    assert (found.version, found.release) == ("1.2", "r1")
    assert found.records == {
        ("DEFAULT", "host"): {"type": "string", "default": "set by the project"},
        ("DEFAULT", "workers"): {"type": "integer", "min": 1, "default": "<processors>"},
        ("DEFAULT", "unlisted"): {"type": "string", "mutable": True},
        ("api", "new_name"): {
            "type": "string",
            "choices": ["b", "a"],
            "deprecated": [["api", "old_name"], ["DEFAULT", "new_name"]],
        },
        ("api", "ports"): {
            "type": "list", "items": {"type": "integer"}, "default": [1, 2], "required": True, "secret": True,
        },
        ("api", "host"): {"type": "hostaddress"},
        ("api", "gone"): {
            "type": "string", "multi": True, "removal": {"since": "Rocky", "reason": "No longer needed"},
        },
        ("api", "dir"): {"type": "string", "default": "<prefix>/etc"},
        ("api", "ip"): {"type": "string", "default": "<address>"},
        ("api", "program"): {"type": "string", "default": "<program>"},
        ("api", "thing"): {"type": "string", "default": "<object object>"},
    }  # fmt: skip
    assert [problem.partition(":")[0] for problem in problems] == ["broken", "keystoneauth1", "toy", "toy"]
    assert any("nowhere.to_be_found" in problem for problem in problems)


def test_the_same_environment_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    written = set()
    for place in ("one", "another"):
        found, _ = harvest_environment(make(tmp_path / place), "toy", "r1")
        written.add(write_option_file(with_harvest(OptionFile("toy"), found, ("r1",))))
    assert len(written) == 1


def test_an_archive_is_unpacked_asked_and_removed(environment: Path, tmp_path: Path) -> None:
    path = "/opt/openstack/venvs/toy-1.2"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(environment, path.lstrip("/"))
    stored = tmp_path / "environment.tar.zst"
    stored.write_bytes(zstandard.compress(packed.getvalue()))
    manifest = Manifest(
        "toy", "r1", "1.2", path, "3.11", "address", {}, {}, 0, datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found, _ = harvest_archive(StoredEnvironment(manifest, stored), scratch)
    assert ("api", "new_name") in found.records
    assert list(scratch.iterdir()) == []


def test_an_environment_of_another_project_is_refused(environment: Path) -> None:
    with pytest.raises(InputError) as caught:
        harvest_environment(environment, "nova", "r1")
    assert caught.value.code == "environments.not-of-project"


def test_an_environment_whose_interpreter_is_not_here_is_told(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/nowhere/python2.7")
    with pytest.raises(InputError, match="no Python that starts here") as caught:
        harvest_environment(tmp_path, "nova", "r1")
    assert "/nowhere/python2.7" in caught.value.found


def test_a_script_that_fails_says_what_it_said(environment: Path) -> None:
    (environment / "site" / "oslo_utils" / "netutils.py").write_text("raise RuntimeError('no network library')\n")
    with pytest.raises(CommandFailed, match="no network library"):
        harvest_environment(environment, "toy", "r1")


@pytest.mark.parametrize("script", [harvest.SCRIPT, PARSING], ids=lambda script: str(script.name))
def test_the_script_is_valid_in_python_2_too(script: Path) -> None:
    """Syntax that Python 2.7 does not have is not in it, and it imports nothing of ours."""
    source = script.read_text()
    later = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Await, ast.YieldFrom, ast.Nonlocal)
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, (*later, ast.Match, ast.Starred)), ast.dump(node)
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            assert not node.args.kwonlyargs
            assert not node.args.posonlyargs
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert all(argument.annotation is None for argument in node.args.args)
        if isinstance(node, ast.Raise):
            assert node.cause is None
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("ostler")
    assert "print_function" in source
    assert "super()" not in source


def test_what_the_script_answers_is_json_in_ascii(environment: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    harvest._run([str(environment / "bin/python"), "-B", "-W", "ignore", str(harvest.SCRIPT), "toy", str(answer)], "/")
    assert json.loads(answer.read_bytes().decode("ascii"))["version"] == "1.2"
