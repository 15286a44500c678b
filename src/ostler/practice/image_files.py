"""What is added to, disabled in and removed from a practice image after its packages are installed."""

from __future__ import annotations

IMAGE_FILES = {
    "etc/ssh/sshd_config.d/ostler.conf": (
        "PermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\n"
        "UseDNS no\n"
        "MaxSessions 100\n"
        "MaxStartups 100:30:200\n"
        "HostKey /etc/ssh/ssh_host_ed25519_key\n"
    ),
    # Without it every login leaves an error of pam_env in the journal.
    "etc/default/locale": "LANG=C.UTF-8\n",
    "etc/systemd/journald.conf.d/ostler.conf": (
        "[Journal]\nStorage=persistent\nSystemMaxUse=300M\nRateLimitIntervalSec=0\n"
    ),
    # HAProxy binds the VIP on every controller, also where keepalived has not put it.
    "etc/sysctl.d/60-ostler.conf": "net.ipv4.ip_nonlocal_bind = 1\n",
    # The packages ask for more open files than this kind of host may have; asking for more fails the unit.
    "etc/systemd/system/mariadb.service.d/ostler.conf": ("[Service]\nLimitNOFILE=16384\nTimeoutStartSec=300\n"),
    "etc/systemd/system/rabbitmq-server.service.d/ostler.conf": (
        "[Service]\nLimitNOFILE=16384\nTimeoutStartSec=300\nRestart=on-failure\nRestartSec=5\n"
    ),
    "etc/systemd/system/haproxy.service.d/ostler.conf": "[Service]\nLimitNOFILE=16384\n",
    "etc/systemd/system/memcached.service.d/ostler.conf": "[Service]\nLimitNOFILE=16384\n",
}

DISABLED_UNITS = (
    "epmd.service",
    "epmd.socket",
    "haproxy.service",
    "keepalived.service",
    "mariadb.service",
    "memcached.service",
    "nftables.service",
    "rabbitmq-server.service",
)

MASKED_UNITS = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "systemd-networkd-wait-online.service",
    "systemd-timesyncd.service",
)

UNWANTED_FILES = (
    "etc/hostname",
    "etc/machine-id",
    "etc/resolv.conf",
    "etc/ssh/ssh_host_*",
    "var/lib/dbus/machine-id",
    "var/lib/rabbitmq/.erlang.cookie",
    "var/lib/rabbitmq/mnesia/**/*.pid",
)
