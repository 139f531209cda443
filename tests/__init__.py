"""The suite: real NATS, etcd and Docker wherever the part under test talks to one."""
