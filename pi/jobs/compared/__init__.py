"""Which evaluations are compared, as which configurations, and how."""
