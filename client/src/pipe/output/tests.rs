//! What a pipe prints.

use std::time::Duration;

use sotto_protocol::Name;
use sotto_protocol::fading::FadeTime;
use sotto_protocol::instance::{Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::SafetyWords;

use super::*;

const PEER: InstanceId = InstanceId([0xab; 16]);
const ID: MessageId = MessageId([0xcd; 16]);
const RECEIPT: Receipt = Receipt {
    peer: PEER,
    number: 3,
};

fn line(json: bool, terminal: bool, update: &Update) -> Option<Line> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap();
    Format { json, terminal }.update(update, at)
}

fn event(event: Event) -> Update {
    Update::Event {
        event,
        name: "anna~2".to_owned(),
    }
}

fn message(text: &str) -> Update {
    event(Event::Message {
        receipt: RECEIPT,
        id: ID,
        text: text.to_owned(),
        reply_to: None,
        fades: None,
        age: None,
        repeat: false,
    })
}

#[test]
fn a_message_in_json_has_its_promised_form() {
    let (peer, id) = ("ab".repeat(16), "cd".repeat(16));
    let expected = format!(
        "{{\"event\":\"message\",\"from\":\"anna~2\",\"peer_id\":\"{peer}\",\"id\":\"{id}\",\
         \"text\":\"a\\n\\u001b\",\"at\":\"2023-11-14T22:13:20.123Z\"}}"
    );
    assert_eq!(line(true, true, &message("a\n\x1b")), Some(Line::Out(expected)));
}

#[test]
fn a_message_is_one_line_and_safe_for_a_terminal() {
    let said = message("a\nb\t\x1b[2J");
    let line = |terminal| line(false, terminal, &said);
    assert_eq!(
        line(true),
        Some(Line::Out("anna~2: a\\nb\\t\\u{1b}[2J".to_owned()))
    );
    assert_eq!(line(false), Some(Line::Out("anna~2: a\\nb\t\x1b[2J".to_owned())));
}

#[test]
fn all_else_is_beside_the_output_without_json_and_safe() {
    let edited = event(Event::Edited {
        receipt: RECEIPT,
        id: ID,
        text: "\x1b[2J".to_owned(),
    });
    let said = line(false, false, &edited);
    assert_eq!(
        said,
        Some(Line::Err("anna~2 changed a message: \\u{1b}[2J".to_owned()))
    );
    let waiting = Update::Waiting {
        why: RelayError::RoomFull,
        wait: Duration::from_millis(5200),
    };
    let said = line(false, false, &waiting);
    assert_eq!(
        said,
        Some(Line::Err("the room is full; trying again in 5.2 s".to_owned()))
    );
    assert_eq!(line(false, false, &event(Event::Sent { id: ID })), None);
}

#[test]
fn every_event_of_a_peer_names_its_instance_in_json() {
    let target = Target { author: PEER, id: ID };
    for about in [
        Event::PeerSilent { peer: PEER },
        Event::PeerHeard { peer: PEER },
        Event::PeerLeft {
            peer: PEER,
            how: Departure::Gone,
        },
        Event::Deleted {
            receipt: RECEIPT,
            id: ID,
        },
        Event::Reacted {
            receipt: RECEIPT,
            target,
            reaction: "👍".to_owned(),
        },
        Event::Typing { peer: PEER, on: true },
        Event::Fading {
            peer: PEER,
            fading: Fading::Cannot,
        },
        Event::Delivered { id: ID, to: PEER },
        Event::Read { id: ID, by: PEER },
        Event::Withheld {
            peer: PEER,
            of: Name::new("ben").unwrap(),
            count: 1,
        },
        Event::Refused { peer: PEER },
        Event::Impostor { peer: PEER },
    ] {
        let Some(Line::Out(line)) = line(true, false, &event(about)) else {
            panic!("a line of output");
        };
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["peer_id"], "ab".repeat(16), "{line}");
        assert!(said["event"].is_string());
    }
}

#[test]
#[rustfmt::skip]
fn every_event_in_json_keeps_its_form() {
    let (receipt, id, peer) = (RECEIPT, ID, PEER);
    let target = Target { author: PEER, id: ID };
    let of = Name::new("ben").unwrap();
    let minute = FadeTime::from_secs(60).unwrap();
    let words = SafetyWords(["acorn", "badge", "cabin", "daisy", "eagle", "fable"]);
    let text = || "hi".to_owned();
    let message = |reply_to, fades, age, repeat| {
        Event::Message { receipt, id, text: text(), reply_to, fades, age, repeat }
    };
    let joined = Event::PeerJoined { peer, name: of.clone(), words, back: true, compared: false };
    for (event, form) in [
        (joined, r#"peer_joined","peer":"anna~2","peer_id":"PEER","words":"acorn badge cabin daisy eagle fable","back":true"#),
        (Event::PeerRenamed { peer, name: of.clone() }, r#"peer_renamed","peer":"anna~2","peer_id":"PEER""#),
        (Event::PeerSilent { peer }, r#"peer_silent","peer":"anna~2","peer_id":"PEER""#),
        (Event::PeerHeard { peer }, r#"peer_heard","peer":"anna~2","peer_id":"PEER""#),
        (Event::PeerLeft { peer, how: Departure::Gone }, r#"peer_left","peer":"anna~2","peer_id":"PEER","how":"gone""#),
        (message(None, None, None, false), r#"message","from":"anna~2","peer_id":"PEER","id":"ID","text":"hi","at":"AT""#),
        (
            message(Some(target), Some(minute), Some(Duration::from_secs(90)), true),
            r#"message","from":"anna~2","peer_id":"PEER","id":"ID","text":"hi","at":"AT","reply_to":{"peer_id":"PEER","id":"ID"},"fades_s":60,"age_ms":90000,"repeat":true"#,
        ),
        (Event::Edited { receipt, id, text: text() }, r#"edited","from":"anna~2","peer_id":"PEER","id":"ID","text":"hi","at":"AT""#),
        (Event::Deleted { receipt, id }, r#"deleted","from":"anna~2","peer_id":"PEER","id":"ID","at":"AT""#),
        (
            Event::Reacted { receipt, target, reaction: text() },
            r#"reacted","from":"anna~2","peer_id":"PEER","to":{"peer_id":"PEER","id":"ID"},"reaction":"hi","at":"AT""#,
        ),
        (Event::Fading { peer, fading: Fading::After(minute) }, r#"fading","from":"anna~2","peer_id":"PEER","seconds":60"#),
        (Event::Fading { peer, fading: Fading::Cannot }, r#"fading","from":"anna~2","peer_id":"PEER","seconds":0,"cannot":true"#),
        (Event::Typing { peer, on: true }, r#"typing","from":"anna~2","peer_id":"PEER","on":true"#),
        (Event::Sent { id }, r#"sent","id":"ID""#),
        (Event::Delivered { id, to: peer }, r#"delivered","id":"ID","to":"anna~2","peer_id":"PEER""#),
        (Event::Read { id, by: peer }, r#"read","id":"ID","by":"anna~2","peer_id":"PEER""#),
        (Event::Withheld { peer, of, count: 2 }, r#"withheld","peer":"anna~2","peer_id":"PEER","of":"ben","count":2"#),
        (Event::Lost { id }, r#"lost","id":"ID""#),
        (Event::Disturbed { count: 3 }, r#"disturbed","count":3"#),
        (Event::Strangers { count: 1 }, r#"strangers","count":1"#),
        (
            Event::Crowded,
            r#"error","reason":"crowded","message":"there are more peers than sotto talks to; the further ones are ignored""#,
        ),
        (
            Event::Impostor { peer },
            r#"error","reason":"impostor","message":"somebody with the passphrase tried to pose as anna~2","peer":"anna~2","peer_id":"PEER""#,
        ),
    ] {
        let form = form.replace("PEER", &"ab".repeat(16)).replace("ID", &"cd".repeat(16));
        let form = form.replace("AT", "2023-11-14T22:13:20.123Z");
        let expected = format!("{{\"event\":\"{form}}}");
        assert_eq!(line(true, false, &self::event(event)), Some(Line::Out(expected)));
    }
}

#[test]
fn who_has_not_got_what_was_said_is_named() {
    let left = |undelivered, to: &[&str]| Update::Left {
        undelivered,
        to: to.iter().map(|&name| name.to_owned()).collect(),
    };
    for (update, plain, as_json) in [
        (
            left(1, &["ben", "cleo\x1b"]),
            "1 message was not delivered to ben, cleo\\u{1b}",
            r#"{"event":"left","undelivered":1,"to":["ben","cleo\u001b"]}"#,
        ),
        (
            left(2, &[]),
            "2 messages were not delivered",
            r#"{"event":"left","undelivered":2}"#,
        ),
    ] {
        assert_eq!(line(false, false, &update), Some(Line::Err(plain.to_owned())));
        assert_eq!(line(true, false, &update), Some(Line::Out(as_json.to_owned())));
    }
    let unreached = event(Event::Unreached { seats: 2 });
    assert_eq!(
        line(true, false, &unreached),
        Some(Line::Out(r#"{"event":"unreached","seats":2}"#.to_owned()))
    );
}

#[test]
fn a_wait_is_an_error_with_its_reason_in_json() {
    let waiting = Update::Waiting {
        why: RelayError::RelayFull,
        wait: Duration::from_secs(5),
    };
    let Some(Line::Out(line)) = line(true, false, &waiting) else {
        panic!("a line of output");
    };
    assert!(
        line.starts_with(r#"{"event":"error","reason":"relay_full","message":""#),
        "{line}"
    );
    assert!(line.ends_with(r#","in_ms":5000}"#), "{line}");
}
