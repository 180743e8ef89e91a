//! The guest that ends as its argument says: by a code, a panic, or not at all.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("panic") => panic!("as asked"),
        Some("forever") => loop {
            std::hint::spin_loop();
        },
        Some(code) => std::process::exit(code.parse().unwrap()),
        None => println!("at the end"),
    }
}
