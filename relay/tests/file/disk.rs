//! A disk that takes nothing more.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use crate::{
    keeper::{self, Keeper, Keys, token},
    member::{Member, Room},
    relay::{Place, Running},
};

/// Lets the relay write files of so many bytes.
pub fn allow(relay: &Running, bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = Rlimit {
        current: bytes,
        maximum,
    };
    prlimit(Some(Pid::from_child(&relay.child)), Resource::Fsize, limit).unwrap();
}

#[test]
fn a_full_disk_means_no_new_rooms_until_there_is_space_again() {
    let place = Place::with_db();
    let relay = place.command(&[]);
    // What the system does to who writes on is ignored, so that the write fails as on a full disk.
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", r#"trap '' XFSZ && exec "$0" "$@""#])
        .arg(relay.get_program())
        .args(["--listen", "127.0.0.1:0", "--db"])
        .arg(place.db());
    let relay = Running::start(&mut shell);
    let keys = Keys::new(1);
    let [mut anna, _ben] = Keeper::two(&relay, &keys);
    assert_eq!(anna.put(1, 4096, 7, &[])["number"], 1);
    let mut member = Member::connect(&relay);
    let (known, ended) = (Room::new("known"), Room::new("ended"));
    assert_eq!(member.join(&known).unwrap(), "ok");
    assert_eq!(member.join(&ended).unwrap(), "ok");

    allow(&relay, Some(1));
    // Nothing of it is done: neither is the one put nor the other dropped.
    assert_eq!(anna.put(2, 4096, 7, &[1]), "kept_full");
    assert_eq!(anna.drop(&[1]), json!(null));
    assert_eq!(anna.list(0), [(1, token(1).drop_hash())]);
    for name in ["one", "two"] {
        assert_eq!(member.join(&Room::new(name)).unwrap(), "relay_full");
    }
    assert_eq!(Member::connect(&relay).join(&known).unwrap(), "ok");
    // It is gone for everybody, but may come back with a restart.
    assert_eq!(member.ask(&ended, "expire_room").unwrap(), "relay_full");
    assert_eq!(member.ask(&ended, "anything").unwrap(), "unmatched topic");

    allow(&relay, None);
    assert_eq!(anna.put(2, 4096, 7, &[1])["dropped"], json!([true]));
    assert_eq!(member.join(&Room::new("one")).unwrap(), "ok");
    place.wait_for_names(vec![known.name(), Room::new("one").name(), keeper::name(&keys)]);
    let stderr = relay.end();
    assert_eq!(
        stderr
            .matches("no new rooms until the room database can be written")
            .count(),
        1,
        "{stderr}"
    );
    assert_eq!(stderr.matches("can be written again").count(), 1, "{stderr}");
}
