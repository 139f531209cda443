"""Sets up and runs the development stack. Standard library only: it also runs before the virtual environment exists."""
