"""A cinder backend without data: every operation succeeds and only the database knows of it.

For machines without device mapper, iSCSI or Ceph; nova's fake driver never reads what it attaches.
"""

from cinder import interface
from cinder.volume import driver


@interface.volumedriver
class NoDataVolumeDriver(driver.VolumeDriver):
    """Volumes and snapshots of any size that take no room."""

    VERSION = "1.0"
    CI_WIKI_NAME = "Ostler"

    def check_for_setup_error(self):
        pass

    def _update_volume_stats(self):
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "Ostler",
            "driver_version": self.VERSION,
            "storage_protocol": "iSCSI",
            "total_capacity_gb": "infinite",
            "free_capacity_gb": "infinite",
            "reserved_percentage": 0,
            "QoS_support": False,
            "multiattach": True,
        }

    def create_volume(self, volume):
        pass

    def delete_volume(self, volume):
        pass

    def create_snapshot(self, snapshot):
        pass

    def delete_snapshot(self, snapshot):
        pass

    def create_volume_from_snapshot(self, volume, snapshot):
        pass

    def create_cloned_volume(self, volume, src_vref):
        pass

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        return {}, True

    def extend_volume(self, volume, new_size):
        pass

    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        pass

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        return {"driver_volume_type": "iscsi", "data": {"access_mode": "rw", "volume_id": volume["id"]}}

    def terminate_connection(self, volume, connector, **kwargs):
        pass
