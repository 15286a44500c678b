"""Options and carriers for the tests of configuration files."""

from __future__ import annotations

import pytest
from toy_project import Carry, toy_options

from ostler.catalog.config_known import ConfigKnown, load_config_known
from ostler.catalog.options import ProjectOptions, load_options


@pytest.fixture(scope="session")
def toy() -> ProjectOptions:
    return toy_options()


@pytest.fixture(scope="session")
def known() -> ConfigKnown:
    return load_config_known()


@pytest.fixture(scope="session")
def carry(toy: ProjectOptions, known: ConfigKnown) -> Carry:
    return Carry(toy, "r1", "r3", known)


@pytest.fixture(scope="session")
def carry_nova(known: ConfigKnown) -> Carry:
    return Carry(load_options("nova"), "2023.1", "2026.2", known)


@pytest.fixture(scope="session")
def carry_neutron(known: ConfigKnown) -> Carry:
    return Carry(load_options("neutron"), "2023.1", "2026.2", known)
