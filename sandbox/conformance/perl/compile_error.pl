print "first\n";

my $x = (1 + ]; # here
