"""How scores reach the leaderboard, each counted once."""
