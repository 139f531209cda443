"""What every service needs and no service's business (the microservice chassis pattern): settings, logs, HTTP endpoint,
process life, back-off, and the connections to NATS and etcd. It knows neither gateway nor node
(docs/adr/0010-one-chassis.md)."""
