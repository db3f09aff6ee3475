"""The leaderboard: every score that was delivered, and the ranking that follows from them."""
