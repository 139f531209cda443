module other;

string greeting() {
    return "Hello from the other file!";
}
