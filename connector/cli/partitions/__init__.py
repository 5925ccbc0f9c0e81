"""`connector partitions plan|move`: more partitions for an installation that has state."""
