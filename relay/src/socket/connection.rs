//! The task of one connection.
use super::{Handler, Sockets};
use bytes::Bytes;
use std::sync::Arc;
use tokio::net::TcpStream;

pub(super) async fn serve<H: Handler>(
    _sockets: Arc<Sockets>,
    _stream: TcpStream,
    _first: Bytes,
    _address: u64,
    mut handler: H,
) {
    handler.closed();
}
