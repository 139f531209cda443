fn main() {
    println!("{}", here);
}
