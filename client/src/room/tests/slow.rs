//! A path that is slow, or takes nothing.

use std::time::Duration;

use sotto_protocol::frame::Status;
use sotto_protocol::instance::Event;

use super::super::task::MAX_ON_THE_WAY;
use super::super::{Command, Timing, Update, clock};
use super::fake::Relay;
use super::peer::Peer;
use super::{joined, open, quick, until};

#[tokio::test]
async fn steady_traffic_is_no_jump_of_the_clock() {
    let relay = Relay::listen().await;
    let timing = Timing {
        jump: Duration::from_secs(1),
        ..quick()
    };
    let (room, mut updates) = open(&relay.url(), timing);
    let (mut client, ..) = relay.joined().await;
    joined(&mut updates).await;
    // For longer than a jump, and never with a pause of a whole tick.
    let mut pace = tokio::time::interval(timing.tick / 5);
    for _ in 0..200 {
        pace.tick().await;
        client.text(r#"[null,null,"phoenix","steady",{}]"#).await;
    }
    room.command(Command::Leave {
        timeout: Duration::ZERO,
    })
    .await
    .unwrap();
    until(&mut updates, |update| {
        assert!(!matches!(update, Update::Slept), "the clock did not jump");
        matches!(update, Update::Left { .. }).then_some(())
    })
    .await;
}

/// What a path takes for a frame.
async fn slow_by(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test]
async fn a_slow_path_is_not_taken_for_a_dead_one_after_a_jump() {
    let relay = Relay::listen().await;
    // Every look at the clock comes too late for these: each is a jump.
    let timing = Timing {
        jump: Duration::ZERO,
        tick: Duration::from_secs(1),
        probe_answer: Duration::from_millis(100),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let mut client = relay.upgraded().await;
    let join = client.pushed().await;
    slow_by(Duration::from_millis(800)).await;
    client.reply(&join, Status::Ok, "{}").await;
    joined(&mut updates).await;
    let probe = client.pushed().await;
    slow_by(Duration::from_millis(400)).await;
    client.reply(&probe, Status::Ok, "{}").await;
    let next = client.pushed().await;
    assert_eq!(next.event, "heartbeat");
}

#[tokio::test]
async fn a_path_that_takes_nothing_is_given_no_more_than_the_window_and_what_comes_is_still_heard() {
    let relay = Relay::listen().await;
    let (room, mut updates) = open(&relay.url(), quick());
    let (mut client, join, _) = relay.joined().await;
    let mut peer = Peer::new("ben");
    peer.meet(&mut client, &join).await;
    // The relay reads, as the path may, and answers nothing.
    let mut taken = 0;
    let mut on = true;
    while taken < MAX_ON_THE_WAY {
        room.command(Command::Typing(on)).await.unwrap();
        taken += client.next().await.expect("the client closed").length;
        on = !on;
    }
    for on in [on, !on].repeat(10) {
        room.command(Command::Typing(on)).await.unwrap();
    }
    peer.instance.say("still there?", None, clock::now()).unwrap();
    peer.speak(&mut client, &join).await;
    until(&mut updates, |update| {
        let event = |event: &Event| matches!(event, Event::Message { .. });
        matches!(update, Update::Event { event: what, .. } if event(what)).then_some(())
    })
    .await;
    room.command(Command::Leave {
        timeout: Duration::ZERO,
    })
    .await
    .unwrap();
    let next = client.next().await.expect("the client closed");
    assert_eq!(next.event, "phx_leave", "nothing goes beyond the window");
}
