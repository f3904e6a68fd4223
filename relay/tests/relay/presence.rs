//! Who sits in a room, small and large.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sotto_relay::Options;

use crate::client::{Client, Room, Running, presence_key, roomy};

/// What phoenix.js keeps of a room: refs by key, after states and diffs.
#[derive(Default, PartialEq, Eq, Debug)]
struct Seen(BTreeMap<String, Vec<String>>);

fn refs(metas: &Value) -> Vec<String> {
    let metas = metas["metas"].as_array().unwrap().iter();
    metas
        .map(|meta| meta["phx_ref"].as_str().unwrap().to_owned())
        .collect()
}

impl Seen {
    fn take(&mut self, frame: &Value) {
        match frame[3].as_str().unwrap() {
            "presence_state" => {
                let entries = frame[4].as_object().unwrap().iter();
                self.0 = entries.map(|(key, metas)| (key.clone(), refs(metas))).collect();
            }
            "presence_diff" => {
                for (key, metas) in frame[4]["joins"].as_object().unwrap() {
                    let known = self.0.entry(key.clone()).or_default();
                    let new = refs(metas);
                    known.retain(|reference| !new.contains(reference));
                    known.extend(new);
                }
                for (key, metas) in frame[4]["leaves"].as_object().unwrap() {
                    let gone = refs(metas);
                    let known = self.0.entry(key.clone()).or_default();
                    known.retain(|reference| !gone.contains(reference));
                    if known.is_empty() {
                        self.0.remove(key);
                    }
                }
            }
            other => panic!("presence, not {other}"),
        }
    }
}

#[tokio::test]
async fn the_others_hear_of_each_join_and_leave() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let ben = Client::seated(&relay, &room, "ben").await;
    let joined = anna.next().await;
    let metas = &joined[4]["joins"][presence_key("ben")];
    assert_eq!(
        joined,
        json!([null, null, room.topic, "presence_diff", {"joins": {presence_key("ben"): metas}, "leaves": {}}])
    );
    assert_eq!(metas["metas"][0].as_object().unwrap().len(), 1);
    drop(ben);
    assert_eq!(
        anna.next().await,
        json!([null, null, room.topic, "presence_diff", {"joins": {}, "leaves": {presence_key("ben"): metas}}])
    );
}

#[tokio::test]
async fn every_member_of_a_large_room_ends_up_with_the_same_picture() {
    let relay = Running::start(Options {
        max_seats: 40,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let mut clients = Vec::new();
    for index in 0..40 {
        let mut client = Client::connect(&relay).await;
        client.ask_join("1", &room, &format!("member {index}")).await;
        clients.push(client);
        // Every third one goes while the changes are being collected.
        if index % 3 == 2 {
            clients.remove(0);
        }
    }
    // A newcomer's state is the truth; all others get there by their diffs.
    let mut newcomer = Client::connect(&relay).await;
    newcomer.ask_join("1", &room, "newcomer").await;
    let mut truth = Seen::default();
    while truth.0.len() != clients.len() + 1 {
        truth.take(&newcomer.next().await);
    }
    for client in &mut clients {
        let mut seen = Seen::default();
        while seen != truth {
            seen.take(&client.next().await);
        }
    }
}

#[tokio::test]
async fn a_room_holds_a_thousand_seats_and_all_hear_what_one_says() {
    let relay = Running::start(Options {
        max_seats: 1000,
        connection_deliveries: 0,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let mut clients = Vec::new();
    for index in 0..1000 {
        let mut client = Client::connect(&relay).await;
        assert_eq!(
            client.ask_join("1", &room, &format!("member {index}")).await[4]["status"],
            "ok"
        );
        clients.push(client);
    }
    let mut full = Client::connect(&relay).await;
    assert_eq!(
        full.ask_join("1", &room, "one too many").await[4]["response"]["reason"],
        "room_full"
    );
    for number in 0..3 {
        clients[0]
            .send(json!(["1", null, room.topic, "shout", number]))
            .await;
    }
    for client in &mut clients[1..] {
        let mut heard = Vec::new();
        while heard.len() < 3 {
            let frame = client.next().await;
            if frame[3] == "shout" {
                heard.push(frame[4].clone());
            }
        }
        assert_eq!(heard, [0, 1, 2]);
    }
}
