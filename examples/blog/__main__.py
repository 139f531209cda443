"""``python -m examples.blog``."""

from examples.blog.server import main

main()
