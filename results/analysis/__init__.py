"""What a run says about its axes: how much of a metric each of them explains. Numbers, no drawing."""
