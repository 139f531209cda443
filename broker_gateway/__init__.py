"""The gateway: takes tasks over gRPC, admits them, puts them on the bus, and brings results back."""
