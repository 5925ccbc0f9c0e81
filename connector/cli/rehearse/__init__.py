"""`connector rehearse`: the OMS's own programs against the simulator, in topics of their own."""
