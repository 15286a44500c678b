"""ML2 mechanism driver: the real Open vSwitch one, but a port is ACTIVE as soon as it is bound.

No agent with a data plane is there to report the port up, and nova waits for that.
"""

from neutron.plugins.ml2.drivers.openvswitch.mech_driver import mech_openvswitch
from neutron_lib import constants
from neutron_lib.plugins.ml2 import api


class AtOnceMechanismDriver(mech_openvswitch.OpenvswitchMechanismDriver):
    """Binds a port where an agent is alive, and sets it ACTIVE while binding."""

    def try_to_bind_segment_for_agent(self, context, segment, agent):
        if not self.check_segment_for_agent(segment, agent):
            return False
        context.set_binding(
            segment[api.ID],
            self.get_vif_type(context, agent, segment),
            self.get_vif_details(context, agent, segment),
            status=constants.PORT_STATUS_ACTIVE,
        )
        return True
