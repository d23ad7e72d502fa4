"""What people see while a sweep or a download goes on."""
