//! A relay that speaks TLS itself, and the certificates that clients meet.

use rustix::process::Signal;
use sotto_tests::{Authority, Scene};

const OWN_CERTIFICATE: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

/// A relay with a certificate of its own, and clients that trust who vouches for it.
fn with_certificate(issue: impl FnOnce(&Authority)) -> Scene {
    let scene = Scene::prepared(&OWN_CERTIFICATE, |home| issue(&Authority::new(home)));
    let root = scene.home().join("root.pem");
    let url = format!("wss://localhost:{}", scene.relay.address().port());
    scene.at(url).trusting(root)
}

/// The step at which `sotto doctor` fails, and its sentence.
fn failure(scene: &Scene) -> (String, String) {
    let findings = scene.doctor(&[]);
    let last = &findings[findings.len() - 1];
    assert_eq!(last["ok"], false, "{last}");
    (last["step"].to_string(), last["message"].to_string())
}

#[test]
fn a_new_certificate_is_shown_to_new_connections_and_drops_nobody() {
    let mut scene = with_certificate(|authority| authority.issue("localhost"));
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    let read_again = |times| move |log: &str| log.matches("the certificate was read again").count() >= times;
    // By a signal, though nothing has changed.
    scene.relay.process().signal(Signal::HUP);
    scene.relay.process().await_errors(read_again(1));
    assert_eq!(scene.doctor(&[]).pop().unwrap()["ok"], true);
    // By itself, when somebody else vouches.
    Authority::new(scene.home()).issue("localhost");
    scene.relay.process().await_errors(read_again(2));
    assert_eq!(scene.doctor(&[]).pop().unwrap()["ok"], true);

    anna.say("still here");
    assert_eq!(ben.message(), "still here");
    anna.end_input();
    assert_eq!(anna.exit_code(), 0);
    ben.end_input();
    let rest = [anna.rest(), ben.rest()].concat();
    assert!(
        rest.iter().all(|event| event["event"] != "reconnecting"),
        "{rest:?}"
    );
}

#[test]
fn each_certificate_that_is_not_trusted_has_a_sentence_of_its_own() {
    let expired = with_certificate(|authority| authority.issue_expired("localhost"));
    let (step, sentence) = failure(&expired);
    assert!(
        step.contains("tls") && sentence.contains("has expired"),
        "{sentence}"
    );
    drop(expired);

    let other_host = with_certificate(|authority| authority.issue("relay.example"));
    let (step, sentence) = failure(&other_host);
    assert!(
        step.contains("tls") && sentence.contains("is for another host"),
        "{sentence}"
    );
}

#[test]
fn another_key_than_the_pinned_one_is_refused_and_no_room_is_named() {
    let scene = Scene::with_relay(&["--tls-self-signed", "tls"]);
    let url = format!("{}/#pin={}", scene.relay.url(), "5f".repeat(32));
    let scene = scene.at(url);
    let mut anna = scene.pipe("anna", &["--json"]);
    let error = anna.event("error");
    assert_eq!(error["reason"], "tls");
    let sentence = error["message"].to_string();
    assert!(
        sentence.contains("its key is not the one that the invite pins"),
        "{sentence}"
    );
    assert_eq!(anna.exit_code(), 4);
}
