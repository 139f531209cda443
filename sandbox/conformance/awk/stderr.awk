BEGIN { print "to standard error" > "/dev/stderr" }
