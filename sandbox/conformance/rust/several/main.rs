mod other;

fn main() {
    println!("{}", other::greeting());
}
