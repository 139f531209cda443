"""``python examples/blog/app.py`` starts the blog; see server.py."""

import sys
from pathlib import Path

# Run as a script, this file's folder is on the path, but not the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.blog.server import main

if __name__ == "__main__":
    main()
