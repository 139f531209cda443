f(x) = x + missing_here

print f(1)  # from here
