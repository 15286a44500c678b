"""What distributions call the systemd units of services.

The records of services name the units of Ostler's own deployment kind; packages of a distribution bring others.
"""

from __future__ import annotations

from dataclasses import dataclass

from ostler.catalog.record import Closed, Ranged, Source


@dataclass(frozen=True, kw_only=True)
class UnitNames(Ranged):
    """The unit of one service in each family of distributions (None: it has none, or it is not known).

    A web server's unit (`httpd`, `apache2`) means that the service runs inside it.
    """

    project: str
    service: str
    debian: str | None
    ubuntu: str | None
    redhat: str | None
    source: Source


@dataclass(frozen=True, kw_only=True)
class UnitsData(Closed):
    """The file units.yaml."""

    units: tuple[UnitNames, ...]
