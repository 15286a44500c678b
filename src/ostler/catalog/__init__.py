"""What is true of OpenStack: releases, hops, projects, services, databases, commands, order, known blockers.

Data lies in data/*.yaml; the records here give it types. Nothing in this package opens a connection, starts
a process or reads a clock, and nothing in it depends on one particular cloud.
"""

from ostler.catalog.blocker import Blocker, Sign
from ostler.catalog.catalog import Catalog, catalog_of, is_past, load_catalog, projects_of
from ostler.catalog.command import Doubt, Exit, LentSetting, Meaning, ProjectCommand
from ostler.catalog.config_change import ConfigChange
from ostler.catalog.database import Database, OnlineMigration, SchemaFloor, SchemaPhase
from ostler.catalog.listed import ListedCommand, ListedProject
from ostler.catalog.nova import Between, DataEdit, Nova, NovaRelease
from ostler.catalog.numbering import Versions
from ostler.catalog.order import Edge, Order, Turn, WholeOrder
from ostler.catalog.project import Project, SchemaChange
from ostler.catalog.record import Source
from ostler.catalog.release import Hop, Release, Releases, RollingFacts
from ostler.catalog.service import Api, EntryPoint, Service
from ostler.catalog.status_check import FalseSeverity, StatusCheck

__all__ = [
    "Api",
    "Between",
    "Blocker",
    "Catalog",
    "ConfigChange",
    "DataEdit",
    "Database",
    "Doubt",
    "Edge",
    "EntryPoint",
    "Exit",
    "FalseSeverity",
    "Hop",
    "LentSetting",
    "ListedCommand",
    "ListedProject",
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
    "SchemaFloor",
    "SchemaPhase",
    "Service",
    "Sign",
    "Source",
    "StatusCheck",
    "Turn",
    "Versions",
    "WholeOrder",
    "catalog_of",
    "is_past",
    "load_catalog",
    "projects_of",
]
