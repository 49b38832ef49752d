"""What lies in the inbox and what becomes of it: seen, copied, reported, filed away."""
