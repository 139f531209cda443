proc greeting {} {
    return "Hello from the other file!"
}
