"""What configuration files say, and what another release makes of it: read, edit, compare, judge, carry over.

Pure: files come in as texts and go out as texts. What is true of OpenStack's options is the catalog's.
"""
