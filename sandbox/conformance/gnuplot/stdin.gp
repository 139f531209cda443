do for [line in system("tr 'a-z ' 'A-Z_' </dev/stdin")] {
    print system(sprintf("echo '%s' | tr _ ' '", line))
}
