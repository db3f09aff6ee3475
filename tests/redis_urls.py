"""URLs of the Redis that tests share: every service comes to it as its own user, as everywhere else."""

from cygnet.platform.redis_users import ADMIN, PREFIXES

REDIS_PASSWORD = "the same for all users of the tests"


def as_user(admin_url: str, service: str) -> str:
    """Returns the URL of a service, from the administrator's."""
    assert service in PREFIXES
    return admin_url.replace(f"//{ADMIN}:", f"//{service}:")
