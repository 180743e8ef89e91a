//! The guest that asks Rust's standard library for the network, and prints the kinds of its errors.

use std::io::{ErrorKind, Result};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

fn report<T>(name: &str, answer: Result<T>) {
    let answer = answer.map(|_| ()).map_err(|error| error.kind());
    println!("{name} {:?}", answer.err().unwrap_or(ErrorKind::Other));
}

fn main() {
    report("connect", TcpStream::connect("127.0.0.1:1"));
    report("listen", TcpListener::bind("127.0.0.1:0"));
    report("udp", UdpSocket::bind("127.0.0.1:0"));
    report("resolve", "localhost:80".to_socket_addrs());
}
