"""Programs like real ones, in every language, and what they cost beside the plain tool."""
