"""Real servers for tests: started on free ports, ended with pytest even when it is killed."""

from tests.servers.etcd import EtcdCluster, EtcdServer
from tests.servers.mariadb import MariadbServer
from tests.servers.nats import NatsCluster, NatsServer
from tests.servers.postgres import PostgresServer

__all__ = ["EtcdCluster", "EtcdServer", "MariadbServer", "NatsCluster", "NatsServer", "PostgresServer"]
