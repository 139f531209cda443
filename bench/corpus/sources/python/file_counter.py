import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

FILES = {
    "readme.md": "# Title\n\nSome words here.\n",
    "src/main.py": "import sys\n\nprint(sys.argv)\n",
    "src/lib/tools.py": "def twice(x):\n    return 2 * x\n",
    "src/lib/data.json": '{"a": [1, 2, 3]}\n',
    "notes.txt": "",
}


def make(root: Path) -> None:
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def measure(root: Path) -> dict[str, tuple[int, int]]:
    found = defaultdict(lambda: (0, 0))
    for path in sorted(root.rglob("*")):
        if path.is_file():
            files, lines = found[path.suffix]
            found[path.suffix] = files + 1, lines + len(path.read_text(encoding="utf-8").splitlines())
    return dict(found)


with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    make(root)
    for suffix, (files, lines) in sorted(measure(root).items()):
        print(f"{suffix:<6}{files:>3} files{lines:>4} lines")
    for current, folders, names in os.walk(root):
        folders.sort()
        print(Path(current).relative_to(root).as_posix(), sorted(names))
    (root / "notes.txt").unlink()
    print(sum(path.stat().st_size for path in root.rglob("*.*")), "bytes")
print(root.exists(), file=sys.stdout)
