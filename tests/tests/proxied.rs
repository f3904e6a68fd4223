//! Clients that talk over a relay behind what operators put before it, and through what people put before themselves.

use std::net::Ipv4Addr;

use serde_json::Value;
use sotto_tests::front::Kind;
use sotto_tests::{Authority, Front, Pipe, Scene, Socks};

/// Two addresses of visitors: a proxy before the relay has neither.
const VISITORS: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

/// Both say something and hear it.
fn talk(mut anna: Pipe, mut ben: Pipe) {
    anna.event("peer_joined");
    anna.say("Dobrý den 👋");
    assert_eq!(ben.message(), "Dobrý den 👋");
    ben.say("guten Tag");
    assert_eq!(anna.message(), "guten Tag");
    anna.end_input();
    assert_eq!(anna.exit_code(), 0);
}

/// A client of the scene through a SOCKS proxy.
fn through(scene: &Scene, socks: &Socks, name: &str) -> Pipe {
    scene.pipe(name, &["--json", "--proxy", &socks.url()])
}

/// A relay behind a web server that is trusted to say who comes.
fn behind(kind: Kind, options: &[&str]) -> (Scene, Front) {
    let scene = Scene::with_relay(&[&["--trusted-proxy", "127.0.0.1"], options].concat());
    let front = Front::start(kind, scene.relay.address(), scene.home());
    (scene.at(front.url()).trusting(front.root()), front)
}

fn two_visitors_talk(kind: Kind) {
    let (scene, _front) = behind(kind, &[]);
    let [one, other] = VISITORS.map(Socks::from);
    talk(through(&scene, &one, "anna"), through(&scene, &other, "ben"));
}

#[test]
fn two_clients_talk_over_a_relay_behind_caddy() {
    two_visitors_talk(Kind::Caddy);
}

#[test]
fn two_clients_talk_over_a_relay_behind_nginx() {
    two_visitors_talk(Kind::Nginx);
}

/// Why a visit through a proxy comes to nothing; `null` when all is well.
fn visit(scene: &Scene, socks: &Socks) -> Value {
    let findings = scene.doctor(&["--proxy", &socks.url()]);
    findings[findings.len() - 1]["reason"].clone()
}

/// Each visit has two connections and two joins.
fn each_visitor_has_limits_of_its_own(kind: Kind) {
    let (scene, _front) = behind(kind, &["--address-joins", "3", "--address-connections", "6"]);
    let [one, other] = VISITORS.map(Socks::from);
    let visits: Vec<Value> = (0..10).map(|_| visit(&scene, &one)).collect();
    assert_eq!(visits[0], Value::Null);
    assert_eq!(visits[1], "rate_limited");
    assert!(visits.contains(&"too_many_connections".into()), "{visits:?}");
    assert_eq!(visit(&scene, &other), Value::Null);
}

#[test]
fn behind_caddy_each_address_has_limits_of_its_own() {
    each_visitor_has_limits_of_its_own(Kind::Caddy);
}

#[test]
fn behind_nginx_each_address_has_limits_of_its_own() {
    each_visitor_has_limits_of_its_own(Kind::Nginx);
}

const OWN_CERTIFICATE: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

#[test]
fn two_clients_talk_over_a_relay_with_a_certificate_of_its_own() {
    let scene = Scene::prepared(&OWN_CERTIFICATE, |home| Authority::new(home).issue("localhost"));
    let url = format!("wss://localhost:{}", scene.relay.address().port());
    let root = scene.home().join("root.pem");
    let scene = scene.at(url).trusting(root);
    talk(scene.pipe("anna", &["--json"]), scene.pipe("ben", &["--json"]));
}

#[test]
fn two_clients_talk_over_a_relay_whose_key_the_invite_pins() {
    let scene = Scene::with_relay(&["--tls-self-signed", "tls"]);
    let invite = scene.relay.invite();
    assert!(
        invite.starts_with("wss://127.0.0.1:") && invite.contains("#pin="),
        "{invite}"
    );
    let scene = scene.at(invite);
    talk(scene.pipe("anna", &["--json"]), scene.pipe("ben", &["--json"]));
}

#[test]
fn two_clients_talk_through_a_socks_proxy_which_is_handed_the_name() {
    let scene = Scene::new();
    // No system finds a name under .invalid (RFC 6761).
    let target = format!("relay.invalid:{}", scene.relay.address().port());
    let scene = scene.at(format!("ws://{target}"));
    let socks = Socks::from(Ipv4Addr::LOCALHOST);
    talk(through(&scene, &socks, "anna"), through(&scene, &socks, "ben"));
    assert_eq!(socks.targets(), [target.clone(), target]);
}
