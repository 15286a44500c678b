"""What is shown of what programs wrote: of the values of rows only those that name a row, numbers and UUIDs. Pure.

Errors of databases quote rows, and a row may hold anything. Texts in quotes are therefore hidden, but for the names of
tables, columns and keys where MariaDB's own messages have them.
"""

from __future__ import annotations

import re

from ostler.masking import LONGEST_LINE, last_lines

WIDTH = 300
"""Characters of a line that are shown."""

HIDDEN = "'…'"
QUOTE = re.compile(r"['\"\\]")
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ROW = re.compile(rf"-?\d{{1,20}}|(?:\d{{1,20}}-)*{UUID}(?:-\d{{1,20}})*")
"""What names a row and says nothing else: a number, or a UUID with its dashes, as MariaDB joins them for a key of
several columns. One without dashes may be a token of keystone's; numbers that are joined may be a date."""

FRAME = re.compile(r'\s*File "[^"]*", line \d+')
QUOTED = re.compile(r"""(?:(?<!\w)|(?<=\b[bu]))['"](?:.*['"]|.*$)""")
"""From the first quote that begins a text to the last one of the line, or to its end: what lies between may hold quotes
of its own. The one in `can't` begins nothing."""

SAID_BY_DATABASE = re.compile(r"""\(\d{4}, [bu]?(?P<quote>["'])(?P<said>.*?)(?P=quote)\)""")
"""A number and a message as pymysql has them: `(1062, "Duplicate entry '5' for key 'PRIMARY'")`."""

SAID_BY_CLIENT = re.compile(r"ERROR \d{4} \(\w{5}\)(?: at line \d+)?: (?P<said>.*)")
PARTS = {
    "{row}": r"""(?P<row>[^'"\\]*)""",
    "{name}": r"[\w.$#-]+",
    "{clause}": "[A-Za-z ]+",
    "{number}": r"\d+",
    "{names}": r"[\w.$#`-]+",
}
MESSAGES = (
    "Duplicate entry '{row}' for key '{name}'",
    "Incorrect {clause} value: '{row}' for column {names} at row {number}",
    "Truncated incorrect {clause} value: '{row}'",
    "Data truncated for column '{name}' at row {number}",
    "Data too long for column '{name}' at row {number}",
    "Out of range value for column '{name}' at row {number}",
    "Column '{name}' cannot be null",
    "Field '{name}' doesn't have a default value",
    "Unknown column '{name}' in '{clause}'",
    "Key column '{name}' doesn't exist in table",
    "Duplicate column name '{name}'",
    "Duplicate key name '{name}'",
    "Can't DROP {clause} {names}; check that it exists",
    'Can\'t create table {names} (errno: {number} "Foreign key constraint is incorrectly formed")',
    "Table '{name}' already exists",
    "Table '{name}' doesn't exist",
    "Table '{name}' is full",
    "Unknown table '{name}'",
    "Unknown database '{name}'",
)
"""Messages of MariaDB with something in quotes (sql/share/errmsg-utf8.txt of 10.11, 2026-11-27)."""

KNOWN = tuple(
    re.compile("".join(PARTS.get(piece, re.escape(piece)) for piece in re.split(r"(\{\w+\})", message)))
    for message in MESSAGES
)

TEXT = r"""'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$)"""
"""A text as Python writes it; one that is cut off reaches to the end."""

BEHIND = re.compile(rf"""\) \[SQL: [bu]?(?P<sql>{TEXT})(?:\](?: \[parameters: (?P<parameters>.*))?)?""")
"""What SQLAlchemy before 1.3 has behind a message, in one line with it."""

STATEMENT = re.compile(
    r"""['"](?P<what>(?:INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE|CREATE TABLE|DROP TABLE) [\w.`]+)"""
    r"""|['"]SELECT (?:[^'"\\]|\\n)*?(?: |\\n)FROM (?P<table>[\w.`]+)"""
)
"""The beginning of a statement, up to its table."""

PARAMETERS = "[parameters: "
CUT = "characters truncated"
BACKGROUND = re.compile(r" \(Background on this error at: \S+\)$")
PARAMETER = re.compile(
    r"""(?P<between>[\[\](){},: ]+)|[bu]?(?P<name>'\w+')(?=: )"""
    r"""|[bu]?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?=[\]),}])"""
    r"""|(?P<plain>(?:-?\d+(?:\.\d+)?L?|None|True|False)(?=[\]),}]))|(?P<time>datetime\.\w+\([\d, ]*\))"""
)
"""One piece of what stands behind `[parameters: `, as Python writes dictionaries, lists and tuples."""


def said_last(output: str) -> tuple[str, ...]:
    """The last lines of what a command wrote, and before them the last error of a database, which may stand before a
    long statement; without the values of rows."""
    last = last_lines(output, width=LONGEST_LINE)
    errors = [line for line in output.splitlines() if SAID_BY_DATABASE.search(line)]
    error = last_lines(errors[-1], width=LONGEST_LINE) if errors else ()
    before = (line for line in error if line not in last)
    return tuple(without_values(line)[:WIDTH] for line in (*before, *last))


def without_values(line: str) -> str:
    """A line without the values of rows but those that name one; places of a traceback are left as they are."""
    if FRAME.match(line):
        return line
    if line.startswith(PARAMETERS):
        return PARAMETERS + _parameters(line.removeprefix(PARAMETERS))
    found = SAID_BY_DATABASE.search(line) or SAID_BY_CLIENT.match(line)
    message = _message(found["said"]) if found and not QUOTE.search(_before(line, found)) else None
    if found is None or message is None:
        return _hidden(line)
    return line[: found.start("said")] + message + _rest(line[found.end("said") :])


def _before(line: str, found: re.Match[str]) -> str:
    """What stands before a message and its own quote: with another quote in it, the message may be part of a value."""
    return line[: found.start("said")].rstrip("bu\"'")


def _message(said: str) -> str | None:
    """A message of MariaDB with the value in it hidden, unless that names a row; None when it is none that is known."""
    said = said.replace("\\'", "'")
    if not QUOTE.search(said):
        return said
    known = next(filter(None, (message.fullmatch(said) for message in KNOWN)), None)
    if known is None:
        return None
    value = known.groupdict().get("row")
    if value is None or ROW.fullmatch(value):
        return said
    return said[: known.start("row") - 1] + HIDDEN + said[known.end("row") + 1 :]


def _rest(text: str) -> str:
    """What comes from the quote on that ends a message."""
    end, behind = text[:1], text[1:]
    found = BEHIND.fullmatch(behind)
    if found is None:
        return end + _hidden(behind)
    parameters = found["parameters"]
    shown = f"{end}) [SQL: {_statement(found['sql'])}]"
    return shown if parameters is None else f"{shown} {PARAMETERS}{_parameters(parameters)}"


def _statement(sql: str) -> str:
    found = STATEMENT.match(sql)
    if found is None:
        return "…"
    return f"{found['what']} …" if found["what"] else f"SELECT … FROM {found['table']} …"


def _hidden(text: str) -> str:
    """A text with all that is quoted hidden, and all parameters."""
    said, sign, _ = text.partition(PARAMETERS)
    return QUOTED.sub(_named_or_hidden, said) + (f"{PARAMETERS}…" if sign else "")


def _named_or_hidden(found: re.Match[str]) -> str:
    return found[0] if ROW.fullmatch(found[0][1:-1]) else HIDDEN


def _parameters(text: str) -> str:
    """The parameters of a statement by their names, with the values that name a row; nothing after what is not
    understood."""
    text = BACKGROUND.sub("", text)
    if CUT in text:
        return "…"
    shown, at = [], 0
    while found := PARAMETER.match(text, at):
        shown.append(_parameter(found))
        at = found.end()
    return "".join(shown) + ("…" if text[at:] else "")


def _parameter(found: re.Match[str]) -> str:
    if found["text"] is not None:
        return found["text"] if ROW.fullmatch(found["text"][1:-1]) else HIDDEN
    return found["between"] or found["name"] or found["plain"] or HIDDEN
