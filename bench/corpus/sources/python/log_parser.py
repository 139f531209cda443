import re
from collections import Counter, namedtuple
from io import StringIO

LOG = """\
192.0.2.7 - - [10/Oct/2023:13:55:36 +0000] "GET /index.html HTTP/1.1" 200 2326
192.0.2.9 - - [10/Oct/2023:13:55:40 +0000] "GET /missing HTTP/1.1" 404 209
198.51.100.4 - - [10/Oct/2023:13:56:01 +0000] "POST /api/items HTTP/1.1" 201 58
192.0.2.7 - - [10/Oct/2023:13:56:30 +0000] "GET /style.css HTTP/1.1" 304 0
this line is damaged
192.0.2.9 - - [10/Oct/2023:13:57:12 +0000] "GET /api/items HTTP/1.1" 500 1042
"""
LINE = re.compile(
    r"""(?P<host>\S+)\ \S+\ \S+\ \[(?P<time>[^\]]+)\]\ "(?P<method>[A-Z]+)\ (?P<path>\S+)[^"]*"\ (?P<status>\d{3})\ (?P<size>\d+)""",
    re.VERBOSE,
)
Request = namedtuple("Request", "host time method path status size")


def requests(stream):
    for number, line in enumerate(stream, 1):
        if match := LINE.match(line):
            yield Request(**match.groupdict())
        else:
            print(f"line {number} not understood: {line.strip()!r}")


found = list(requests(StringIO(LOG)))
print(Counter(request.status[0] + "xx" for request in found))
print(Counter(request.host for request in found).most_common())
print("bytes:", sum(int(request.size) for request in found))
print("errors:", [request.path for request in found if int(request.status) >= 400])
print(re.sub(r"(\d+)/(\w+)/(\d+):.*", r"\3 \2 \1", found[0].time))
