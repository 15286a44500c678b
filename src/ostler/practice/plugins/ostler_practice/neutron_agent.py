"""Heartbeats of an Open vSwitch agent of this host, over neutron's real RPC; it switches nothing.

ostler-practice-neutron-openvswitch-agent --config-file /etc/neutron/neutron.conf
"""

try:
    import eventlet
except ModuleNotFoundError:
    pass  # neutron is on its way to do without
else:
    eventlet.monkey_patch()

import socket
import sys
import time

from neutron.agent import rpc as agent_rpc
from neutron.common import config
from neutron.conf.agent import common as agent_conf
from neutron_lib import context
from neutron_lib import rpc as n_rpc
from neutron_lib.agent import topics
from oslo_config import cfg
from oslo_log import log as logging

LOG = logging.getLogger(__name__)
REPORT_EVERY_S = 10
RETRY_AFTER_S = 2


def main():
    """Report until ended. A report that fails is logged and sent again soon."""
    config.register_common_config_options()
    agent_conf.register_agent_state_opts_helper(cfg.CONF)
    config.init(sys.argv[1:])
    config.setup_logging()
    n_rpc.init(cfg.CONF)
    reports = agent_rpc.PluginReportStateAPI(topics.REPORTS)
    admin = context.get_admin_context_without_session()
    state = agent_state(cfg.CONF.host, socket.gethostbyname(cfg.CONF.host))
    while True:
        try:
            said = reports.report_state(admin, state, use_call=True)
        except Exception:
            LOG.warning("the report was not taken; next try in %s s", RETRY_AFTER_S, exc_info=True)
            time.sleep(RETRY_AFTER_S)
        else:
            if state.pop("start_flag", None):
                LOG.info("the first report was taken: %s", said)
            time.sleep(REPORT_EVERY_S)


def agent_state(host, address):
    """What a real agent of `host` reports when it starts."""
    return {
        "agent_type": "Open vSwitch agent",
        "binary": "neutron-openvswitch-agent",
        "host": host,
        "topic": "N/A",
        "availability_zone": "nova",
        "start_flag": True,
        "configurations": {
            "bridge_mappings": {"physnet1": "br-ex"},
            "tunnel_types": ["vxlan"],
            "tunneling_ip": address,
            "integration_bridge": "br-int",
            "datapath_type": "system",
            "devices": 0,
            "l2_population": False,
            "ovs_hybrid_plug": False,
        },
    }
