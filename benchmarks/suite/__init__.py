"""The ASV suite of callbox itself: what recording, reading and showing cost, commit after commit."""
