const char *greeting(void) {
    return "Hello from the other file!";
}
