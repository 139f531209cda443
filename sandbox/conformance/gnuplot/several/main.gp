load "other.gp"
print greeting
