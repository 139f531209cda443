set print
print "to standard error"
