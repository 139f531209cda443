"""``coderunner mcp``: a server of the Model Context Protocol in front of a gateway. It needs the extra ``mcp``."""
