"""What `sweep plan` foresees of a sweep, without torch and Ray: trials, inputs, time, disk, sheet."""
