"""Networks: their layer plans, their responses, the arithmetic they run in and the memory they need."""
