"""The node's domain: what a node knows without asking anybody: languages, launches, outcomes, load, the pull plan."""
