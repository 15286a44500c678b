"""Reading how a practice cloud is."""

from __future__ import annotations

from ostler.practice.haproxy import parse_backends

SHOWN = """\
# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight
keystone,FRONTEND,,,0,0,4000,0,0,0,0,0,0,,,,,OPEN,
keystone,ctl1,0,0,0,0,60,0,0,0,,0,,0,0,0,0,UP,1
keystone,ctl2,0,0,0,0,60,0,0,0,,0,,0,0,0,0,DOWN,1
keystone,BACKEND,0,0,0,0,400,0,0,0,0,0,,0,0,0,0,UP,1

"""


def test_servers_are_read_with_their_state() -> None:
    assert parse_backends(SHOWN) == {"keystone": {"ctl1": "UP", "ctl2": "DOWN"}}


def test_nothing_shown_is_no_backend() -> None:
    assert parse_backends("") == {}
