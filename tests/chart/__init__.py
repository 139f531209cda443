"""The Helm chart, rendered by Helm; `make helm` runs these, and `make test` does not."""
