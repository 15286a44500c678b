"""The practice cloud: a real OpenStack on one machine, to rehearse on."""
