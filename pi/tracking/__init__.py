"""What is kept of a run, in MLflow. Only `pi.tracking.backend` imports that library."""
