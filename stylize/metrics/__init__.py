"""What an image became, in numbers that no optimisation aimed at."""
