"""One module per version of the schema, in their order. A released one is never changed."""
