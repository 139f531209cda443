do for [i = 1:ARGC] {
    print ARGV[i]
}
