"""The slots of all languages: groups that grow and shrink, the lease by which a task holds one, and what is served."""
