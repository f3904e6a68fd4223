//! What an idle connection costs.

use std::mem::size_of_val;
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};

use super::peer::Echo;
use crate::socket::{Limits, Outbound, Sockets, connection::Connection, serve};

#[tokio::test]
async fn the_task_and_the_outbound_of_a_connection_are_small() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let future = serve(
        Arc::new(Sockets::new(Limits::default())),
        stream,
        Bytes::new(),
        0,
        Echo::default(),
    );
    eprintln!("future {}", size_of_val(&future));
    eprintln!(
        "connection {} echo {} watch {}",
        size_of::<Connection<Echo>>(),
        size_of::<Echo>(),
        size_of::<crate::socket::watch::Watch>()
    );
    eprintln!("outbound {}", size_of::<Outbound>());
    eprintln!("sleep {}", size_of::<tokio::time::Sleep>());
    eprintln!("yield {}", size_of_val(&tokio::task::yield_now()));
}
