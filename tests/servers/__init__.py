"""Real servers for tests: started on free ports, ended with pytest even when it is killed."""

from tests.servers.etcd import EtcdCluster, EtcdServer
from tests.servers.nats import NatsCluster, NatsServer

__all__ = ["EtcdCluster", "EtcdServer", "NatsCluster", "NatsServer"]
