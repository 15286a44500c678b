"""Simulated clouds made from the catalog: the software, the hosts with their files, a little content, and a store.

For tests, golden plans and trying plans out without any host. See ``remote.simulated`` for what such a cloud does.
"""

from ostler.execution.simulation.making import Simulation, open_simulation, three_plus_two

__all__ = ["Simulation", "open_simulation", "three_plus_two"]
