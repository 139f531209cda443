"""``coderunner-node join``: makes this machine a node by a token. It calls the gateway, writes what it says into the
node's settings and, unless it is told not to, sets the machine up: engine, sandbox images, systemd's unit."""
