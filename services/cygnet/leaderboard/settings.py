"""What can be set from outside."""

from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import AdminSettings, RedisSettings


class LeaderboardSettings(AdminSettings):
    """Settings of the leaderboard service; how the ranking is shown is in the contest document."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_LEADERBOARD_")


class RebuildSettings(RedisSettings):
    """What the rebuild command needs: the same Redis, and no ports."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_LEADERBOARD_")
