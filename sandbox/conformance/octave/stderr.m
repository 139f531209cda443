fputs(stderr, "to standard error\n");
