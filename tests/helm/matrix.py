"""Values that people install with, and values that contradict each other."""

from typing import Any

from .rendering import example

Values = dict[str, Any]

INSTALLATIONS: dict[str, Values] = {
    "defaults": {},
    "one small node": example("one-small-node"),
    "production": example("production"),
    "a registry of one's own": {"images": {"registry": "registry.example.org/cygnet", "pullSecrets": ["pull"]}},
    "external Redis by URL": {
        "redis": {"enabled": False},
        "externalRedis": {"url": "rediss://user:6379@redis.example.org:6380/0", "port": 6380},
    },
    "external Redis by a Secret": {"redis": {"enabled": False}, "externalRedis": {"existingSecret": "redis"}},
    "a bucket of one's own": {
        "pictures": {
            "volume": {"enabled": False},
            "s3": {"url": "s3://pictures/cygnet", "existingSecret": "bucket", "port": 9000},
        }
    },
    "captcha providers": {
        "captcha": {
            "existingSecret": "captcha",
            "providers": ["turnstile", "https://cap.example.org:8443"],
            "port": 8443,
        }
    },
    "no operator": {"operator": {"enabled": False}, "crds": {"enabled": False}},
    "no policies, no budgets": {
        "networkPolicies": {"enabled": False},
        "podDisruptionBudgets": {"enabled": False},
        "topologySpread": {"enabled": False},
    },
    "policies with peers": {
        "networkPolicies": {
            "publicFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "apiServerCidrs": ["10.96.0.1/32"],
        }
    },
    "scheduling": {
        "scheduling": {
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "booth", "operator": "Exists"}],
            "priorityClassName": "high",
        }
    },
    "secrets of one's own": {
        "secrets": {"existingSecret": "mine"},
        "pictures": {"volume": {"existingClaim": "pictures"}},
    },
    "everything watched": {
        "monitoring": {
            "monitors": {"enabled": True, "labels": {"release": "prometheus"}},
            "rules": {"enabled": True, "labels": {"release": "prometheus"}},
            "dashboards": {"enabled": True},
        }
    },
    "one port for gRPC and HTTP": {
        "publicUrl": "https://play.example.org",
        "gatewayApi": {"enabled": True, "grpcRoute": False, "parentRefs": [{"name": "public"}]},
    },
    "a load balancer": {"service": {"type": "LoadBalancer", "annotations": {"example.org/internal": "true"}}},
}

CONTRADICTIONS: dict[str, tuple[Values, str]] = {
    "widgets that nothing checks": (
        {"captcha": {"providers": ["turnstile"]}},
        "captcha.providers needs captcha.existingSecret",
    ),
    "two Redis": ({"externalRedis": {"url": "redis://a"}}, "redis.enabled and externalRedis are both given"),
    "no Redis": ({"redis": {"enabled": False}}, "there is no Redis"),
    "two ways to say which": (
        {"redis": {"enabled": False}, "externalRedis": {"url": "redis://a", "existingSecret": "b"}},
        "externalRedis.url and externalRedis.existingSecret are both given",
    ),
    "users of a Redis without their Secret": (
        {"redis": {"enabled": False}, "externalRedis": {"url": "redis://a", "users": True}},
        "externalRedis.users needs externalRedis.existingSecret",
    ),
    "a Redis behind a closed port": (
        {"redis": {"enabled": False}, "externalRedis": {"url": "rediss://redis.example.org:6380"}},
        "set externalRedis.port=6380",
    ),
    "two places for pictures": ({"pictures": {"s3": {"url": "s3://a"}}}, "set pictures.volume.enabled=false"),
    "no place for pictures": ({"pictures": {"volume": {"enabled": False}}}, "pictures have no place"),
    "credentials for no bucket": ({"pictures": {"s3": {"existingSecret": "a"}}}, "without pictures.s3.url"),
    "a node port without its type": ({"service": {"nodePort": 30080}}, "needs service.type=NodePort"),
    "a route to nowhere": ({"publicUrl": "https://a", "gatewayApi": {"enabled": True}}, "needs gatewayApi.parentRefs"),
    "a route that shares its host": (
        {"publicUrl": "https://a", "gatewayApi": {"enabled": True, "parentRefs": [{"name": "g"}]}},
        "needs gatewayApi.hostnames",
    ),
    "a gateway in front, and no address": (
        {"gatewayApi": {"enabled": True, "grpcRoute": False, "parentRefs": [{"name": "g"}]}},
        "needs publicUrl",
    ),
    "more at least than at most": (
        {"dedup": {"autoscaling": {"enabled": True, "minReplicas": 5}}},
        "dedup.autoscaling.minReplicas is above maxReplicas",
    ),
    "scaling by nothing": (
        {"dedup": {"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}}},
        "dedup.autoscaling needs dedup.resources.requests.cpu",
    ),
    "contests that nobody looks after": ({"operator": {"enabled": False}}, "crds.enabled without operator.enabled"),
    "a rate in uneven steps": ({"envoy": {"requestsPerSecond": 150}}, "a multiple of 100"),
}

MISTAKES: dict[str, Values] = {
    "a name that there is not": {"replicas": 2},
    "a name that there is not, deeper": {"submission": {"replica": 2}},
    "no replicas": {"submission": {"replicas": 0}},
    "a tag that moves": {"images": {"services": {"tag": "latest"}}},
    "a tag that is a number": {"images": {"redis": {"tag": 7.0}}},
    "an address with a path": {"publicUrl": "https://play.example.org/cygnet"},
    "a bucket that is none": {"pictures": {"s3": {"url": "https://bucket"}}},
    "a service of another type": {"service": {"type": "ExternalName"}},
    "a size in words": {"redis": {"storage": {"size": "large"}}},
}
