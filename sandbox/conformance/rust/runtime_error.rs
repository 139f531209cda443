fn main() {
    panic!("got here");
}
