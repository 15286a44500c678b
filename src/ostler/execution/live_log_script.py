"""The fixed script that picks out of a host's logs what is wanted of them; it only reads.

For the host's own Python 3 (3.5 or later, standard library). It finds the place in each log by halving, keeps whole
events (a line that matters and the lines after it that belong to it), and prints one line of JSON for each log: its
name, where the next reading may go on, and the kept bytes, packed. The last line says what the host's time zone is.
"""

from __future__ import annotations

SCRIPT = r"""
import base64, glob, gzip, json, os, re, subprocess, sys, time, zlib
asked = json.loads(sys.argv[2])
since, most = asked["since"], asked["most_bytes"]
grave = re.compile(asked["grave"].encode()) if asked["grave"] else None
words = re.compile(b"|".join(re.escape(word.encode()) for word in asked["words"])) if asked["words"] else None
before = asked["seen"]
zone = time.localtime().tm_gmtoff
stamp = re.compile(rb"^(?:\x1b\[[\d;]*m)?(?:<\d+>)?\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)")
starts = re.compile(rb"^(?:\x1b\[[\d;]*m)?(?:<\d+>)?\[?(?:\d{4}-\d\d-\d\d[ T]\d|[A-Z][a-z]{2} [ \d]\d \d\d:"
                    rb"|=[A-Z]+ REPORT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d|\d{6} [ \d]\d:"
                    rb"|[\d.:a-f]{3,40} \S+ \S+ \[|pid: )")
more = re.compile(rb"^\S+ \S+ (?:\d+ )?(?:ERROR|TRACE|CRITICAL) \S+ (?!\[(?:req-|None|-))")
limit = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(since + min(zone, 0) - 60)).encode() if since else b""
# an hour ago in whichever zone a log is written: a little too much is sent rather than too little

def begins(file, size):
    low, high = 0, size
    while high - low > 65536:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
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

def pick(lines):
    kept, size, is_kept = [], 0, False
    for line in lines:
        if starts.match(line) and not (is_kept and more.match(line)):
            is_kept = grave is None or grave.search(line[:600]) is not None
            is_kept = is_kept and (words is None or words.search(line) is not None)
            found = stamp.match(line) if is_kept and limit else None
            is_kept = is_kept and not (found and found.group(1).replace(b"T", b" ") < limit)
        if is_kept:
            kept.append(line)
            size += len(line)
            if size > 2 * most:
                half = len(kept) // 2
                size -= sum(map(len, kept[:half]))
                del kept[:half]
    content = b"".join(kept)
    return content[-most:], len(content) > most

def tell(path, content, is_cut, inode, end):
    packed = base64.b64encode(zlib.compress(content, 6)).decode() if content else ""
    sys.stdout.write(json.dumps({"path": path, "packed": packed, "is_cut": is_cut, "inode": inode, "end": end}) + "\n")

def read(path):
    about = os.stat(path)
    if since and about.st_mtime < since - 60:
        return
    known = before.get(path)
    if path.endswith(".gz"):
        if known is None:
            with gzip.open(path, "rb") as file:
                content, is_cut = pick(file)
            tell(path[:-3], content, is_cut, about.st_ino, about.st_size)
        return
    with open(path, "rb") as file:
        start = begins(file, about.st_size) if limit else 0
        if known and known[0] == about.st_ino and known[1] <= about.st_size:
            start = known[1]
            if start == about.st_size:
                return
        file.seek(start)
        if start and not (known and known[0] == about.st_ino):
            file.readline(1 << 20)
        content, is_cut = pick(iter(lambda: file.readline(1 << 20), b""))
        tell(path, content, is_cut, about.st_ino, file.tell())

problems, seen = [], set()
for pattern in asked["patterns"]:
    for path in sorted(glob.glob(pattern)):
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(real):
            seen.add(real)
            try:
                read(path)
            except (OSError, EOFError, zlib.error) as error:
                problems.append([path, str(getattr(error, "strerror", None) or error)])
if asked["journal"] and since:
    try:
        argv = ["journalctl", "-o", "export", "--no-pager", "-q", "-n", "20000", "-p", asked["journal"]]
        argv += ["--since", "@%d" % since]
        out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30).stdout
        if out:
            tell("journal.export", out[-most:], len(out) > most, 0, 0)
    except (OSError, subprocess.SubprocessError):
        pass
sys.stdout.write(json.dumps({"zone_s": zone, "now": time.time(), "problems": problems}) + "\n")
"""
