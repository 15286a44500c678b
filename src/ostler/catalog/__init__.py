"""What is true of OpenStack: releases, hops, projects, services, databases, commands, order.

Data lies in data/*.yaml; the records here give it types. Nothing in this package opens a connection, starts
a process or reads a clock, and nothing in it depends on one particular cloud.
"""

from ostler.catalog.catalog import Catalog, load_catalog
from ostler.catalog.command import Exit, LentSetting, Meaning, ProjectCommand
from ostler.catalog.config_change import ConfigChange
from ostler.catalog.database import Database, OnlineMigration, SchemaPhase
from ostler.catalog.nova import DataEdit, Nova, NovaRelease
from ostler.catalog.order import Edge, Order, Turn
from ostler.catalog.project import Project, SchemaChange, Versions
from ostler.catalog.release import Hop, Release, Releases, RollingFacts
from ostler.catalog.service import Api, EntryPoint, Service
from ostler.catalog.status_check import FalseSeverity, StatusCheck

__all__ = [
    "Api",
    "Catalog",
    "ConfigChange",
    "DataEdit",
    "Database",
    "Edge",
    "EntryPoint",
    "Exit",
    "FalseSeverity",
    "Hop",
    "LentSetting",
    "Meaning",
    "Nova",
    "NovaRelease",
    "OnlineMigration",
    "Order",
    "Project",
    "ProjectCommand",
    "Release",
    "Releases",
    "RollingFacts",
    "SchemaChange",
    "SchemaPhase",
    "Service",
    "StatusCheck",
    "Turn",
    "Versions",
    "load_catalog",
]
