BEGIN {
    text = sprintf("%1048576s", "x")
    while (1) kept[n++] = text n
}
