//! The guest that accepts one connection, and answers what it reads.
use std::io::{Read, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).expect("an address");
    let listener = TcpListener::bind(&address)?;
    println!("at {}", listener.local_addr()?);
    let (mut connection, peer) = listener.accept()?;
    println!("from {peer}");
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    write!(connection, "read {text}")?;
    connection.shutdown(std::net::Shutdown::Write)?;
    Ok(())
}
