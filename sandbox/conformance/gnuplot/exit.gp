exit status 7
