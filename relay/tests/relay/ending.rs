//! The end of a relay.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::client::{Client, Room, Running, roomy};

#[tokio::test]
async fn a_relay_that_ends_closes_its_sockets_with_1012_and_accepts_no_more() {
    let mut relay = Running::start(roomy()).await;
    let mut seated = Client::seated(&relay, &Room::proven("one"), "anna").await;
    let mut idle = Client::connect(&relay).await;
    relay.shutdown.cancel();
    assert_eq!(seated.close_code().await, 1012);
    assert_eq!(idle.close_code().await, 1012);
    let ended = tokio::time::timeout(Duration::from_secs(10), &mut relay.task).await;
    ended.expect("it ends within 10 s").unwrap();
    assert!(TcpStream::connect(relay.addr).await.is_err());
}
