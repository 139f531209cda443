greeting() {
    echo 'Hello from the other file!'
}
