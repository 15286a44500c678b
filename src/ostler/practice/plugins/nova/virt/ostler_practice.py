"""Nova's own FakeDriver, with guests that survive a restart of nova-compute and a node id as libvirt's.

Nova looks for drivers below `nova.virt` only, so this module is installed there, beside nova's own.
Guests are kept in `state_path`/guests.json.
"""

import functools
import json
from pathlib import Path

from nova import conf
from nova.virt import fake, node

CONF = conf.CONF


class PersistentFakeDriver(fake.FakeDriver):
    """The stock fake driver forgets its guests when it is restarted, and has no lasting node id."""

    vcpus = 64
    memory_mb = 65536
    local_gb = 2000

    def init_host(self, host):
        super().init_host(host)
        try:
            guests = json.loads(self._guests_file().read_text())
        except FileNotFoundError:
            return
        for uuid, (name, state) in guests.items():
            self.instances[uuid] = fake.FakeInstance(name, state, uuid)

    def get_available_resource(self, nodename):
        return {**super().get_available_resource(nodename), "uuid": node.get_local_node_uuid()}

    def get_nodenames_by_uuid(self, refresh=False):
        return {node.get_local_node_uuid(): self.get_available_nodes()[0]}

    def _guests_file(self):
        return Path(CONF.state_path) / "guests.json"

    def detach_interface(self, context, instance, vif):
        self._interfaces.pop(vif["id"], None)  # the stock one fails for a port from before a restart

    def post_live_migration(self, context, instance, block_device_info, migrate_data=None):
        self.destroy(context, instance, None, block_device_info)  # the stock one goes on tracking it on the source

    def _keep_guests(self):
        new = self._guests_file().with_suffix(".new")
        new.write_text(json.dumps({uuid: (guest.name, guest.state) for uuid, guest in self.instances.items()}))
        new.replace(self._guests_file())


CHANGING = (
    "spawn", "destroy", "cleanup", "power_on", "power_off", "rescue", "unrescue", "finish_migration",
    "finish_revert_migration", "live_migration", "post_live_migration_at_source",
    "post_live_migration_at_destination",
)  # fmt: skip
"""Methods that may change which guests there are or their power state."""


def _keeping(method):
    @functools.wraps(method)
    def changed(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        finally:
            self._keep_guests()

    return changed


for _name in CHANGING:
    if hasattr(fake.FakeDriver, _name):
        setattr(PersistentFakeDriver, _name, _keeping(getattr(fake.FakeDriver, _name)))
