BEGIN { print "first" }

BEGIN { print "here" ) }
