"""A small cloud in memory behind the Transport and Api protocols: good enough to carry out whole plans in seconds.

It knows hosts with files, units, processes and environments; databases with schema heads and nova's records; load
balancers; and objects behind the APIs. What software there is, it is told (`Blueprint`). It writes down every change
in order (`effects`), can be made to fail, and can be kept in a file.
"""

from ostler.remote.simulated.blueprint import Blueprint
from ostler.remote.simulated.cloud import SimulatedCloud
from ostler.remote.simulated.state import CloudState

__all__ = ["Blueprint", "CloudState", "SimulatedCloud"]
