//! What an idle connection costs.

use std::mem::size_of_val;
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};

use super::peer::Echo;
use crate::socket::{Limits, Outbound, Sockets, serve};

#[tokio::test]
async fn the_task_and_the_outbound_of_a_connection_are_small() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (echo, _) = Echo::new();
    let handler = size_of_val(&echo);
    let future = serve(
        Arc::new(Sockets::new(Limits::default())),
        stream,
        Bytes::new(),
        0,
        echo,
    );
    assert!(
        size_of_val(&future) - handler <= 336,
        "{}",
        size_of_val(&future) - handler
    );
    assert!(size_of::<Outbound>() <= 128, "{}", size_of::<Outbound>());
}
