"""The Contest operator: one resource in, everything that a contest needs on a cluster out.

`handlers` receives changes (the only module that knows kopf), `workqueue` keeps what is due, `reconcile` makes one
contest as it should be; `plan`, `schedule`, `drift` and `status` decide and touch nothing; `cluster` talks to the API
server, `publish` and `stats` to the services, over gRPC.
"""
