"""The fixed script that picks out of a host's logs what is wanted of them; it only reads.

For the host's own Python 3 (3.5 or later, standard library). It finds the place in each log by halving, keeps whole
events (a line that matters and the lines after it that belong to it), and prints one line of JSON for each log: its
name, where the next reading may go on, the kept bytes, packed, and what was left out before each run of them. The last
line says what the host's time zone is.
"""

from __future__ import annotations

SCRIPT = r"""
import base64, bisect, bz2, glob, gzip, json, os, re, subprocess, sys, threading, time, zlib
try:
    import lzma
except ImportError:
    lzma = None
asked = json.loads(sys.argv[2])
since, most, is_followed = asked["since"], asked["most_bytes"], asked["is_followed"]
grave = re.compile(asked["grave"].encode()) if asked["grave"] else None
words = re.compile(b"|".join(re.escape(word.encode()) for word in asked["words"])) if asked["words"] else None
before = asked["seen"]
ends = dict(before.values())  # by the number of the file, which a log keeps when it is rotated
zone = time.localtime().tm_gmtoff
stamp = re.compile(rb"^(?:\x1b\[[\d;]*m)?(?:<\d+>)?\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)")
starts = re.compile(rb"^(?:\x1b\[[\d;]*m)?(?:<\d+>)?\[?(?:\d{4}-\d\d-\d\d[ T] ?\d|[A-Z][a-z]{2} [ \d]\d \d\d:"
                    rb"|=[A-Z]+ REPORT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d|\d{6} [ \d]\d:"
                    rb"|[\d.:a-f]{3,40} \S+ \S+ \[|pid: | *\d+\.\d{6}\]|[a-z]+ *:[a-z]+ *: \[)")
trace = rb"(?:\d+ )?(?:ERROR|TRACE|CRITICAL) \S+ (?!\[(?:req-|None|-))"
more = re.compile(rb"^\S+ \S+ " + trace)
# who wrote a line of syslog or of Apache, and whether it goes on with what he wrote before
written = re.compile(rb"^(?:<\d+>)?(?:(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d[.\d]*|\d{4}-\d\d-\d\dT\S+)"
                     rb" (\S+ [^\s:]+): |\[[^\]]+\] \[[^\]]+\] \[(pid [^\]]+)\] (?:\[(?:remote|client) [^\]]*\] )?)"
                     rb"([ \t]|Traceback|(?:[\d-]+ [\d:.]+ )?" + trace + rb")?")
limit = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(since + min(zone, 0) - 60)).encode() if since else b""
# an hour ago in whichever zone a log is written: a little too much is sent rather than too little
most_counted = 64 << 20  # in what lies further on in a log lines are not counted
most_entries, entry = 20000, re.compile(rb"(?:^|\n)__CURSOR=[^\n]*\n__REALTIME_TIMESTAMP=(\d+)\n")

def begins(file, size):
    low, high = 0, size
    while high - low > 65536:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(65536)
        found = None
        for _ in range(400):
            line = file.readline(65536)
            found = stamp.match(line)
            if found or not line:
                break
        if found is None or found.group(1).replace(b"T", b" ") >= limit:
            high = middle
        else:
            low = middle
    return low

def whole(file):
    # a line that is still being written is left to the next reading
    for line in iter(lambda: file.readline(1 << 20), b""):
        if is_followed and len(line) < 1 << 20 and not line.endswith(b"\n"):
            file.seek(-len(line), 1)
            return
        yield line

def newlines(file, begin, end):
    file.seek(begin)
    return sum(file.read(min(1 << 20, end - at)).count(b"\n") for at in range(begin, end, 1 << 20))

def of_rest(runs, gone):
    # the runs that what is left belongs to when so many kept bytes were let go of
    return runs[max(0, bisect.bisect(runs, (gone, float("inf"))) - 1):]

def gaps(file, runs, gone, size):
    # for each run: where it begins in what is left, and how many bytes and lines before it are not there
    found, end = [], 0
    lines = 0 if runs and runs[-1][1] <= most_counted and not before else None
    for (begin, place), (upto, _) in zip(runs, runs[1:] + [(gone + size, 0)]):
        begin, place = max(begin, gone), place + max(0, gone - begin)
        lines = None if lines is None else lines + newlines(file, end, place)
        found.append([begin - gone, place - begin + gone, lines])
        end = place + upto - begin
    return found

def pick(file):
    # runs of lines that stand together are kept: how many bytes were before, and where each begins in the log
    kept, runs, size, gone, is_kept, writers = [], [], 0, 0, False, {}
    for line in whole(file):
        was_kept = is_kept
        by = written.match(line)
        writer = by and (by.group(1) or by.group(2))
        if writer in writers and (by.group(3) or writers[writer]):
            is_kept = True  # more of a traceback, or the line after it, which says what was raised
            writers[writer] = by.group(3)
        elif starts.match(line) and not (is_kept and more.match(line)):
            is_kept = grave is None or line[:1] == b"<" or grave.search(line[:600].lower()) is not None
            is_kept = is_kept and (words is None or words.search(line) is not None)
            found = stamp.match(line) if is_kept and limit else None
            is_kept = is_kept and not (found and found.group(1).replace(b"T", b" ") < limit)
            if by:
                if len(writers) >= 64:
                    writers.clear()
                writers.pop(writer, None)
                if is_kept:
                    writers[writer] = by.group(3)
        if is_kept:
            if not was_kept:
                runs.append((gone + size, file.tell() - len(line)))
            kept.append(line)
            size += len(line)
            if size > 2 * most:
                half = len(kept) // 2
                cut = sum(map(len, kept[:half]))
                size, gone = size - cut, gone + cut
                del kept[:half]
                runs = of_rest(runs, gone)
    end, first = file.tell(), 0
    while size > most and first < len(kept) - 1:  # the newest line is kept, however long
        size, gone = size - len(kept[first]), gone + len(kept[first])
        first += 1
    return b"".join(kept[first:]), gone > 0, end, gaps(file, of_rest(runs, gone), gone, size)

def tell(path, content, is_cut, inode, end, left_out):
    packed = base64.b64encode(zlib.compress(content, 6)).decode() if content else ""
    sys.stdout.write(json.dumps({"path": path, "packed": packed, "is_cut": is_cut, "inode": inode, "end": end,
                                 "left_out": left_out}) + "\n")

def read(path):
    about = os.stat(path)
    if since and about.st_mtime < since - 60:
        return
    ending = os.path.splitext(path)[1]
    if ending in (".gz", ".bz2", ".xz", ".zst"):
        if not before:  # else what is in it was read before it was packed
            how = {".gz": gzip, ".bz2": bz2, ".xz": lzma}.get(ending)
            if how is None:
                raise OSError("this host's Python cannot unpack it")
            with how.open(path, "rb") as file:
                content, is_cut, _, left_out = pick(file)
            tell(path, content, is_cut, about.st_ino, about.st_size, left_out)
        return
    end = ends.get(about.st_ino, -1)
    if before.get(path) == [about.st_ino, about.st_size]:
        return
    with open(path, "rb") as file:
        if 0 <= end <= about.st_size:
            file.seek(end)
        elif limit:
            file.seek(begins(file, about.st_size))
            if file.tell():
                file.readline(1 << 20)
        content, is_cut, end, left_out = pick(file)
        tell(path, content, is_cut, about.st_ino, end, left_out)

def read_journal():
    # the end of what was read is a time, in microseconds
    begin = before.get("journal.export", [0, int(since * 1000000)])[1]
    argv = ["journalctl", "-o", "export", "--no-pager", "-q", "-n", str(most_entries), "-p", "warning"]
    argv += ["--since", "@%d.%06d" % divmod(begin, 1000000)]
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30).stdout
    times = entry.findall(out)
    if times:
        at = out.find(b"\n\n__CURSOR=", len(out) - most) + 2 if len(out) > most else 0
        is_cut = at > 0 or len(times) >= most_entries
        tell("journal.export", out[at:], is_cut, 0, min(int(times[-1]) + 1, int(time.time() * 1000000)), [])

DAMAGED = (OSError, EOFError, zlib.error, *([lzma.LZMAError] if lzma else []))
fields = ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", "_HOSTNAME", "_SYSTEMD_UNIT", "CONTAINER_NAME",
          "SYSLOG_IDENTIFIER", "_COMM", "_PID", "PRIORITY", "MESSAGE")
is_error = re.compile(rb'"PRIORITY" ?: ?"[0-3]"')
says_error = re.compile(rb"(?:^|[\d\"] ?)(?:ERROR|CRITICAL) [\w.-]|\[(?:ERROR|FATAL|error|critical)\]")
odd_text = re.compile(rb'"MESSAGE" ?: ?\[')
most_seconds, longest = 60, 8000
begins_trace, leads_over = "Traceback (most recent call last)", ("During handling of the above", "The above exception")
of_trace = re.compile(rb"Traceback \(most recent|During handling of the above|The above exception")

def text_of(entry):
    said = entry.get("MESSAGE")
    if isinstance(said, list):
        said = bytes(bytearray(each for each in said if isinstance(each, int) and 0 <= each < 256))
        said = said.decode("utf-8", "replace")
    said = said if type(said) is str else ""
    return said if len(said) <= 2 * longest else said[:longest] + "\n...\n" + said[-longest:]

def is_wanted(entry, text, tracing):
    # by its priority, by what it says of itself, or as part of a traceback, whose lines on stderr are entries each
    writer = (entry.get("_SYSTEMD_UNIT"), entry.get("_PID"))
    if begins_trace in text:
        if "\n" not in text.rstrip():
            tracing.add(writer)
        return True
    if writer in tracing:
        if text[:1] not in (" ", "\t"):
            tracing.discard(writer)  # the line that says what was raised
        return True
    if text.startswith(leads_over) or entry.get("PRIORITY") in ("0", "1", "2", "3"):
        return True
    return says_error.search(text[:400].encode("utf-8", "replace")) is not None

def is_about_the_past(says):
    # a journal file that is damaged says nothing of a time when it was written to no more
    about = re.search(r"(/\S+\.journal~?)", says)
    try:
        return about is not None and os.stat(about.group(1)).st_mtime < since
    except OSError:
        return False

def entries_of(stream, units):
    # entries that are wanted, trimmed; most of the others are passed over by their bytes
    tracing, told_before = set(), len(problems)
    for line in iter(lambda: stream.readline(1 << 20), b""):
        if not line.endswith(b"\n") and len(line) >= 1 << 20:
            while line and not line.endswith(b"\n"):
                line = stream.readline(1 << 20)
            problems.append(["the journal", "an entry of more than 1 MiB was left out"])
        elif not line.startswith(b"{"):
            says = line.decode("utf-8", "replace").strip()[:200]
            if not is_about_the_past(says):
                problems.append(["the journal", says])
        elif tracing or any(each.search(line) for each in (is_error, says_error, of_trace, odd_text)):
            try:
                entry = json.loads(line.decode("utf-8", "replace"))
            except ValueError:
                problems.append(["the journal", "an entry was not understood"])
                continue
            if units & set(str(entry.get(name)) for name in ("_SYSTEMD_UNIT", "UNIT", "OBJECT_SYSTEMD_UNIT")):
                text = text_of(entry)
                if is_wanted(entry, text, tracing):
                    kept = dict((name, entry[name]) for name in fields if name in entry)
                    yield json.dumps(dict(kept, MESSAGE=text)).encode() + b"\n"
        if len(problems) - told_before > 20:
            return

def read_units():
    units = set(unit + ".service" for unit in asked["units"])
    argv = ["journalctl", "-q", "--no-pager", "--all", "-o", "json"]
    begin = "@%d.%06d" % divmod(int(since * 1000000), 1000000)
    # without --reverse, journalctl of systemd 252 says nothing to that
    before = subprocess.run(argv + ["--reverse", "-n", "1", "--until", begin], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, timeout=30).stdout
    if not before.startswith(b"{"):
        problems.append(["the journal", "it does not reach back to the time asked for"])
    # what other units write is not looked at: they may write much, and what is too long or damaged
    argv += ["--unit=" + unit for unit in sorted(units)]
    reading = subprocess.Popen(argv + ["--since", begin], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    late = threading.Timer(most_seconds, reading.kill)
    late.start()
    kept, size, is_cut = [], 0, False
    for line in entries_of(reading.stdout, units):
        if size + len(line) > most:
            is_cut = True
            break
        kept.append(line)
        size += len(line)
    reading.stdout.close()  # journalctl ends when nobody reads it any more
    code = reading.wait()
    late.cancel()
    if is_cut:
        problems.append(["the journal", "only the oldest of what is wanted was fetched"])
    elif code == -9:
        problems.append(["the journal", "it was not read to its end within %d s" % most_seconds])
    elif code not in (0, -13):  # it is ended by a pipe that nobody reads to its end
        problems.append(["the journal", "journalctl ended with %d" % code])
    tell("journal.json", b"".join(kept), False, 0, 0, [])

problems, seen = [], set()
for pattern in asked["patterns"]:
    for path in sorted(glob.glob(pattern)):
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(real):
            seen.add(real)
            try:
                read(path)
            except DAMAGED as error:
                problems.append([path, str(getattr(error, "strerror", None) or error)])
if since:
    try:
        if asked["units"] is None:
            read_journal()
        else:
            read_units()
    except OSError as error:
        if asked["units"] is not None:  # else it may be a host without systemd
            problems.append(["the journal", "journalctl: %s" % error.strerror])
    except subprocess.SubprocessError:
        problems.append(["the journal", "it was not read within 30 s"])
sys.stdout.write(json.dumps({"zone_s": zone, "now": time.time(), "problems": problems}) + "\n")
"""
