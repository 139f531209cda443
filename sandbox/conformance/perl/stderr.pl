print STDERR "to standard error\n";
