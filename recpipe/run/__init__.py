"""Running stages: each is a notebook, executed in a kernel of its own, with what it leaves on disk."""
