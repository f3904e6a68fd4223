//! Clients that talk over a relay behind what operators put before it, and through what people put before themselves.

use std::net::Ipv4Addr;

use rustix::process::Signal;
use serde_json::Value;
use sotto_tests::front::Kind;
use sotto_tests::{Authority, Front, Pipe, Scene, Socks, binaries, process};

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

/// Visits until it comes to nothing for this reason; why each came to nothing.
fn visits_until(reason: &str, scene: &Scene, socks: &Socks) -> Vec<Value> {
    let mut visits = vec![visit(scene, socks)];
    assert_eq!(visits[0], Value::Null);
    while !visits.contains(&reason.into()) {
        assert!(visits.len() < 50, "{visits:?}");
        visits.push(visit(scene, socks));
    }
    visits
}

/// Each visit has two connections and two joins.
fn each_visitor_has_limits_of_its_own(kind: Kind) {
    let (scene, _front) = behind(kind, &["--address-joins", "3", "--address-connections", "6"]);
    let [one, other] = VISITORS.map(Socks::from);
    let visits = visits_until("too_many_connections", &scene, &one);
    assert!(visits.contains(&"rate_limited".into()), "{visits:?}");
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

/// It has much to say then, and none of it is who came.
fn while_the_relay_is_down_nobody_writes_who_comes(kind: Kind) {
    let (mut scene, front) = behind(kind, &[]);
    let socks = Socks::from(VISITORS[0]);
    assert_eq!(visit(&scene, &socks), Value::Null);
    scene.relay.kill();
    assert_ne!(visit(&scene, &socks), Value::Null);
    let written = front.written();
    assert!(!written.contains(&VISITORS[0].to_string()), "{written}");
}

#[test]
fn behind_caddy_an_address_is_in_no_log_while_the_relay_is_down() {
    while_the_relay_is_down_nobody_writes_who_comes(Kind::Caddy);
}

#[test]
fn behind_nginx_an_address_is_in_no_log_while_the_relay_is_down() {
    while_the_relay_is_down_nobody_writes_who_comes(Kind::Nginx);
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

#[test]
fn two_clients_talk_over_an_onion_service_in_which_each_circuit_has_limits_of_its_own() {
    let scene = Scene::with_relay(&["--onion", "--tls-self-signed", "tls", "--address-joins", "2"]);
    let invite = scene.relay.invite().replace("127.0.0.1", "abcdefgh.onion");
    let scene = scene.at(invite);
    visits_until("rate_limited", &scene, &Socks::tor(0x2a));
    let [one, other] = [0x2b, 0x2c].map(Socks::tor);
    talk(through(&scene, &one, "anna"), through(&scene, &other, "ben"));
}

#[test]
fn an_operator_who_forgot_to_trust_the_proxy_is_told_once() {
    let mut scene = Scene::new();
    let front = Front::start(Kind::Nginx, scene.relay.address(), scene.home());
    scene = scene.at(front.url()).trusting(front.root());
    let socks = Socks::from(Ipv4Addr::LOCALHOST);
    assert_eq!(
        [visit(&scene, &socks), visit(&scene, &socks)],
        [Value::Null, Value::Null]
    );
    let relay = scene.relay.process();
    relay.signal(Signal::TERM);
    assert_eq!(relay.exit_code(), 0);
    let warnings = relay.errors().matches("without --trusted-proxy").count();
    assert_eq!(warnings, 1, "{}", relay.errors());
}

/// What a client asks of the system until it has joined or cannot, in a trace: its files and its network.
fn trace(scene: &Scene, args: &[&str]) -> String {
    let mut strace = process::command("strace".as_ref(), scene.home());
    strace
        .args(["-f", "-o", "trace", "-e", "trace=%network,openat,open"])
        .arg(binaries::sotto())
        .args(["pipe", scene.url(), "--passphrase-file", "passphrase", "--json"])
        .args(args);
    let mut pipe = Pipe::start(strace);
    pipe.event_where("an end of the try", |event| {
        event["event"] == "joined" || event["event"] == "error"
    });
    pipe.end_input();
    pipe.rest();
    std::fs::read_to_string(scene.home().join("trace")).unwrap_or_default()
}

#[test]
fn the_name_of_a_relay_behind_a_proxy_is_asked_of_nobody_else() {
    let scene = Scene::new();
    let port = scene.relay.address().port();
    let scene = scene.at(format!("ws://relay.invalid:{port}"));
    let is_asking = |trace: &str| trace.contains("resolv.conf") || trace.contains("htons(53)");
    assert!(is_asking(&trace(&scene, &[])), "without a proxy it has to ask");
    let socks = Socks::from(Ipv4Addr::LOCALHOST);
    let trace = trace(&scene, &["--proxy", &socks.url()]);
    assert_eq!(socks.targets(), [format!("relay.invalid:{port}")]);
    assert!(trace.contains("connect(") && !is_asking(&trace), "{trace}");
}

#[test]
fn an_onion_address_is_not_asked_of_anybody_without_a_proxy() {
    let scene = Scene::new().at("ws://abcdefgh.onion:4000");
    let trace = trace(&scene, &[]);
    assert!(
        !trace.contains("resolv.conf") && !trace.contains("connect("),
        "{trace}"
    );
}
