"""The scripts with which a control plane that moves is looked at, run here on real files, folders and users."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from fact_cases import specs_cloud

from ostler.commands import CommandResult
from ostler.facts import accounts, kept, mentions, numbers, shared_folders
from ostler.facts.model import JsonValue, wanted
from ostler.facts.scripts import python

SAMPLE = {
    "keystone": "[fernet_tokens]\nkey_repository = /srv/keys/\n[token]\nprovider = fernet\n",
    "glance": "[DEFAULT]\nenabled_backends = a:file, b:rbd\n[a]\nfilesystem_store_datadir = /srv/images/\n",
    "cinder": "[DEFAULT]\nhost = store1\nenabled_backends = one,two\n[one]\nvolume_driver = cinder.x.Rbd\n",
}


def ran(*words: str) -> CommandResult:
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, timeout=20, check=False)
    return CommandResult(done.returncode, done.stdout, done.stderr)


def kept_by(folder: Path, **texts: str) -> JsonValue:
    paths = {name: folder / f"{name}.conf" for name in ("keystone", "glance", "cinder")}
    for name, text in texts.items():
        paths[name].write_text(text)
    words = (*map(str, paths.values()), str(paths["cinder"]))
    command = python("controller.kept", kept.SCRIPT, *words)
    return kept.parse([ran(*command.argv)], specs_cloud(), wanted("controller.kept", "ctl1"))


def test_what_configuration_files_say_is_kept(tmp_path: Path) -> None:
    found = kept_by(tmp_path, **SAMPLE)
    assert found["keys"] == ["/etc/keystone/credential-keys", "/etc/keystone/fernet-keys", "/srv/keys"]
    assert found["images"] == ["/srv/images"]
    assert found["volumes"] == {"one": "cinder.x.Rbd", "two": "cinder.volume.drivers.lvm.LVMVolumeDriver"}
    assert list(found["identities"].values()) == ["store1"]


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("[DEFAULT]\ndebug = true\n", ["/var/lib/glance/images"]),
        ("[glance_store]\nstores = rbd\n", []),
        (
            "[glance_store]\nstores = file\nfilesystem_store_datadirs = /a:10\nfilesystem_store_datadirs = /b\n",
            ["/a", "/b"],
        ),
        ("[DEFAULT]\nenabled_backends = a:rbd\n", []),
    ],
)
def test_image_folders_of_every_form(tmp_path: Path, text: str, images: list[str]) -> None:
    assert kept_by(tmp_path, glance=text)["images"] == images


def test_a_project_that_is_not_there_keeps_nothing(tmp_path: Path) -> None:
    found = kept_by(tmp_path)
    assert (found["keys"], found["images"], found["volumes"]) == ([], [], {})


def test_keys_of_signed_tokens_are_kept_too(tmp_path: Path) -> None:
    found = kept_by(tmp_path, keystone="[token]\nprovider = jws\n")
    assert {"/etc/keystone/jws-keys/public", "/etc/keystone/jws-keys/private"} <= set(found["keys"])


def of_folders(*paths: Path) -> JsonValue:
    request = shared_folders.folders_wanted("ctl1", map(str, paths))
    (command,) = shared_folders.commands(specs_cloud(), request)
    return shared_folders.parse([ran(*command.argv)], specs_cloud(), request)


def test_a_folder_is_known_again_and_another_is_not(tmp_path: Path) -> None:
    one, other, link = tmp_path / "one", tmp_path / "other", tmp_path / "link"
    for folder in (one, other):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "image").write_bytes(b"x")
    one.chmod(0o750)
    link.symlink_to(one)
    found = of_folders(one, other, link, tmp_path / "none")
    assert set(found) == {str(one), str(other), str(link)}
    seen = found[str(one)]
    assert (seen["mode"], seen["owner"], seen["files"]) == ("0750", pwd.getpwuid(os.getuid()).pw_name, 1)
    assert shared_folders.is_same_folder(seen, found[str(link)])
    assert not shared_folders.is_same_folder(seen, found[str(other)])
    assert seen["source"]
    assert seen["names"] == found[str(other)]["names"]


def test_users_are_told_with_their_numbers_and_who_is_not_there_is_absent() -> None:
    request = accounts.accounts_wanted("ctl1", ("root", "nobody-of-this-name"))
    (command,) = accounts.commands(specs_cloud(), request)
    found = accounts.parse([ran(*command.argv)], specs_cloud(), request)
    assert set(found) == {"root"}
    assert (found["root"]["uid"], found["root"]["gid"], found["root"]["group"]) == (0, 0, "root")


def test_who_has_a_number_is_told_and_what_is_free_is_absent() -> None:
    mine = {"uid": 0, "gid": 0, "group": "root"}
    free = {"uid": 4_000_000_001, "gid": 4_000_000_001, "group": "nobody-of-this-name"}
    request = numbers.numbers_wanted("ctl1", [mine, free])
    (command,) = numbers.commands(specs_cloud(), request)
    found = numbers.parse([ran(*command.argv)], specs_cloud(), request)
    assert found == {"uids": {"0": "root"}, "gids": {"0": "root"}, "groups": {"root": 0}}


def test_of_a_host_without_users_of_services_nothing_is_asked() -> None:
    request = numbers.numbers_wanted("ctl1", [])
    (command,) = numbers.commands(specs_cloud(), request)
    empty = {"uids": {}, "gids": {}, "groups": {}}
    assert numbers.parse([ran(*command.argv)], specs_cloud(), request) == empty


MENTIONS = """[DEFAULT]
host = ctl1
# memcached_servers = ctl1
my_ip = 10.0.0.1
transport_url = rabbit://u:secret@ctl1:5672/
[cache]
memcache_servers = ctl2:11211,
  CTL1,
  # ctl1
  ctl2
[redis]
host = "ctl1.example.org"
password = ctl1
[store]
url = http://ctl2.example.org:8080/
certificate = /etc/ssl/ctl1.pem
name = ctl10, my-ctl1, ctl1-b
enabled = ctl1@lvm
"""


def test_options_that_name_a_host_otherwise_than_is_written_anew_are_told_without_their_values(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    conf = tmp_path / "deep" / "a.conf"
    conf.write_text(MENTIONS)
    (tmp_path / "notes.txt").write_text("[DEFAULT]\nx = ctl1\n")
    request = mentions.mentions_wanted("ctl1", ("ctl1", "ctl2"))
    (command,) = mentions.commands(specs_cloud(), request)
    first = command.argv.index("/etc/cinder")
    result = ran(*command.argv[:first], str(tmp_path))
    assert mentions.parse([result], specs_cloud(), request) == [
        [str(conf), "DEFAULT", "host", "ctl1"],
        [str(conf), "cache", "memcache_servers", "ctl1"],
        [str(conf), "cache", "memcache_servers", "ctl2"],
        [str(conf), "redis", "host", "ctl1"],
        [str(conf), "redis", "password", "ctl1"],
        [str(conf), "store", "url", "ctl2"],
    ]
    assert "secret" not in result.stdout
