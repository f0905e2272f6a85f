//! One address cannot take all connections.

use std::net::SocketAddr;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use super::*;

/// A connection from an address of this machine.
async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// The answer to one request, up to the end of its head.
async fn ask(stream: &mut TcpStream) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed");
    }
    String::from_utf8(answer).unwrap().to_lowercase()
}

/// Goal: an address with all its connections is refused in words, the others go on, and a connection
/// that ends gives its place back.
#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        connections: 4,
        connections_per_address: 2,
        ..Limits::default()
    };
    let router = with_layers(Router::new().route("/healthz", get(async || "ok")));
    let shutdown = CancellationToken::new();
    let until = shutdown.clone();
    let serving = tokio::spawn(async move { serve(listener, router, &limits, &until).await });

    let mut first = connect("127.0.0.2", address).await;
    assert!(ask(&mut first).await.starts_with("http/1.1 200"));
    let mut second = connect("127.0.0.2", address).await;
    assert!(ask(&mut second).await.starts_with("http/1.1 200"));
    for _ in 0..8 {
        let refused = ask(&mut connect("127.0.0.2", address).await).await;
        assert!(refused.starts_with("http/1.1 429"), "{refused}");
        assert!(refused.contains("retry-after: 1"), "{refused}");
        assert!(refused.contains("connection: close"), "{refused}");
        assert!(refused.contains("application/problem+json"), "{refused}");
    }
    let mut other = connect("127.0.0.3", address).await;
    assert!(ask(&mut other).await.starts_with("http/1.1 200"));

    drop(second);
    // The gateway hears of the end a moment later, so the caller tries until he has a place.
    while !ask(&mut connect("127.0.0.2", address).await)
        .await
        .starts_with("http/1.1 200")
    {}
    drop((first, other));
    shutdown.cancel();
    serving.await.unwrap();
}
