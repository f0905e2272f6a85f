//! A kept HTTP/1.1 connection: requests as bytes, answers by their content-length. It takes little
//! processor time, because it shares the machine with the measured services.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::error::BenchError;

/// A kept connection to a gateway.
pub struct HttpConnection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub struct HttpAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body's bytes.
    pub body: &'a [u8],
}

impl HttpConnection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// When the address does not answer.
    pub async fn connect(address: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// A broken connection, or an answer without a content-length.
    pub async fn send(&mut self, request: &[u8]) -> Result<HttpAnswer<'_>, BenchError> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break end + 4;
            }
            self.read_more().await?;
        };
        let strange = |buffer: &[u8]| BenchError::answer("HTTP", buffer);
        let text = std::str::from_utf8(&self.buffer[..head]).map_err(|_| strange(&self.buffer))?;
        let mut lines = text.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let (Some(status), Some(length)) = (status, length) else {
            return Err(strange(&self.buffer));
        };
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        Ok(HttpAnswer {
            status,
            body: &self.buffer[head..head + length],
        })
    }

    async fn read_more(&mut self) -> Result<(), BenchError> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(BenchError::unanswered("HTTP", "the connection closed")),
            _ => Ok(()),
        }
    }
}

/// Opens `count` connections.
///
/// # Errors
/// When one of them fails.
pub async fn connect_all(address: &str, count: usize) -> Result<Vec<HttpConnection>, BenchError> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(HttpConnection::connect(address).await?);
    }
    Ok(connections)
}

/// The bytes of a query.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// The bytes of a command.
pub fn post(name: &str, id: &str, token: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/commands/{name} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {id}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
