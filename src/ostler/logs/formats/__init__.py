"""The kinds of logs that can be read: one module each, all of them listed here.

The order counts where a line could be of two kinds: the first one has it.
"""

from __future__ import annotations

from ostler.logs.formats import (
    access,
    apache_error,
    ceph,
    dmesg,
    libvirt,
    mariadb,
    oslo,
    ovs,
    rabbitmq,
    rabbitmq_old,
    syslog,
    uwsgi,
)
from ostler.logs.formats.format import Format

FORMATS: tuple[Format, ...] = (
    oslo.FORMAT,
    access.FORMAT,
    apache_error.FORMAT,
    uwsgi.FORMAT,
    libvirt.FORMAT,
    rabbitmq.FORMAT,
    rabbitmq_old.FORMAT,
    mariadb.FORMAT,
    ovs.FORMAT,
    ceph.FORMAT,
    dmesg.FORMAT,
    syslog.FORMAT,
)
