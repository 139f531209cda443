"""What a node knows without asking anybody: languages, launches, outcomes, load, turns."""
