void main() {
    throw new Exception("got here");
}
