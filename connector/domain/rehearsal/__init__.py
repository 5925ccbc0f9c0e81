"""A rehearsal judged from outside: by what stands on the topics and what Amazon was asked, not by a worker's word."""
