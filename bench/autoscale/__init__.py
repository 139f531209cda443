"""A simulated day under the chart's rule of autoscaling. Nothing runs here but arithmetic."""
