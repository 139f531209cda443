"""The index of packages: the places that installers may read from, and how a node reads there for them."""
