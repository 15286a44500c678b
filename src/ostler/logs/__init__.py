"""Reading logs: what is in a folder of them, as events in one order of time. Opens files to read them; nothing else.

`finding` says which files there are and whose they are, `reading` makes events of them, `timeline` brings them into one
order, `wanted` says which ones are asked for, `joining` follows a request through the services, `clocks` estimates how
far the hosts' clocks are apart, `templates` tells the unusual from the usual, `rates` counts. What a line looks like is
told by the modules of `formats`, one for each kind of log.
"""
