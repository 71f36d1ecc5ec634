"""What is kept of a run, in MLflow. Only `pi.tracking.run` knows that library."""
