"""``python -m examples.blog``."""

from examples.blog.server import main

if __name__ == "__main__":  # which the processes that it starts are not
    main()
