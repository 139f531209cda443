"""Where a slot's processor time goes, step by step."""
