print "first"

print "here" )
