fn main() {
    eprintln!("to standard error");
}
