//! Power cuts: whatever the disk has not been told to sync may be gone, in any order.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    thread,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rusqlite::Connection;
use sotto_protocol::kept;
use sotto_relay::{CancellationToken, Options, Relay};

use crate::{
    disk_record::{self, Disk, Event},
    keeper::{self, Keeper, Keys, token},
    member::{Member, Room},
    relay::Place,
};

const MEMBERS: usize = 2;
/// Rooms that each of them makes in a life of the relay.
const ROOMS: usize = 6;
/// Blobs that are kept in a life of the relay.
const PUTS: u8 = 6;
/// Images of what a cut may leave at each moment, besides all and nothing of what was not synced.
const IMAGES: usize = 2;

fn options(db: &Path) -> Options {
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        db: Some(db.to_owned()),
        address_rooms: 0,
        ..Options::default()
    }
}

/// Joins new rooms and ends every third, and writes down what it is told.
fn work(mut member: Member, name: &str) {
    for count in 0..ROOMS {
        let room = Room::new(&format!("{name} {count}"));
        assert_eq!(member.join(&room).unwrap(), "ok");
        disk_record::note(Event::Joined(room.name()));
        if count % 3 == 0 {
            assert_eq!(member.ask(&room, "expire_room").unwrap(), "ok");
            disk_record::note(Event::Ended(room.name()));
        }
    }
}

/// Puts blobs, drops every third again by itself and every third with the next, and writes down what it is told.
fn keep(mut keepers: [Keeper; 2], keys: &Keys, first: u8) {
    disk_record::note(Event::Joined(keeper::name(keys)));
    let hash = |byte| hex::encode(token(byte).drop_hash().0);
    let [anna, _] = &mut keepers;
    let bytes = first..first + PUTS;
    let is_third = |byte: &u8| (byte - first) % 3 == 2;
    for byte in bytes.clone() {
        let drops: &[u8] = if is_third(&byte) { &[byte - 1] } else { &[] };
        assert_eq!(anna.put(byte, 1024, 7, drops)["durable"], true);
        disk_record::note(Event::Joined(hash(byte)));
        if let [dropped] = drops {
            disk_record::note(Event::Ended(hash(*dropped)));
            anna.drop(&[byte]);
            disk_record::note(Event::Ended(hash(byte)));
        }
    }
    let signed = keys.sign(kept::EXPIRE, anna.challenge, "77", b"");
    anna.push_as("77", kept::EXPIRE, &signed);
    for byte in bytes.step_by(3) {
        disk_record::note(Event::Ended(hash(byte)));
    }
    disk_record::note(Event::Ended(keeper::name(keys)));
}

/// One life of a relay within this process, to its orderly end.
fn live(db: &Path, life: u8) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let relay = runtime.block_on(Relay::bind(options(db))).unwrap();
    let (addr, shutdown) = (relay.local_addr().to_string(), CancellationToken::new());
    let running = runtime.spawn(relay.run(shutdown.clone()));
    thread::scope(|scope| {
        let keys = Keys::new(life);
        let keepers = [(); 2].map(|()| Keeper::over(Member::connect_to(&addr), &keys));
        scope.spawn(move || keep(keepers, &keys, 100 * life));
        for number in 0..MEMBERS {
            let member = Member::connect_to(&addr);
            scope.spawn(move || work(member, &format!("{life} {number}")));
        }
    });
    shutdown.cancel();
    runtime.block_on(running).unwrap();
}

/// The names and drop hashes in a database that a relay has opened.
fn names(db: &Path) -> HashSet<String> {
    let connection = Connection::open(db).unwrap();
    let all = "SELECT lower(hex(name)) FROM room UNION SELECT lower(hex(hash)) FROM kept";
    let mut rows = connection.prepare(all).unwrap();
    let names = rows.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

/// A room that is ended later may be gone already.
fn ended_in(events: &[Event]) -> HashSet<String> {
    let ended = events.iter().filter_map(|event| match event {
        Event::Ended(name) => Some(name.clone()),
        _ => None,
    });
    ended.collect()
}

/// Lays an image out, has a relay open it, and looks for what clients were told.
async fn holds(image: HashMap<PathBuf, Vec<u8>>, joined: &HashSet<String>, ended: &HashSet<String>) -> bool {
    let place = Place::new();
    for (path, content) in image {
        fs::write(place.folder.path().join(path.file_name().unwrap()), content).unwrap();
    }
    drop(Relay::bind(options(&place.db())).await.unwrap());
    let names = names(&place.db());
    joined.is_subset(&names) && ended.is_disjoint(&names)
}

#[tokio::test]
async fn every_image_of_a_power_cut_opens_and_holds_what_clients_were_told() {
    let place = Place::with_db();
    let db = place.db();
    let safe = HashMap::from([(db.clone(), fs::read(&db).unwrap())]);
    disk_record::record(place.folder.path());
    let lives = thread::spawn(move || [1, 2].map(|life| live(&db, life)));
    lives.join().unwrap();

    let events = disk_record::events();
    let (mut joined, mut ended) = (HashSet::new(), HashSet::new());
    let mut random = StdRng::seed_from_u64(1);
    let mut disk = Disk::new(safe);
    let mut images = 0;
    for (at, event) in events.iter().enumerate() {
        // Before it, for clients may have been told of what came before.
        if matches!(event, Event::Write(..) | Event::Truncate(..) | Event::Delete(_)) {
            let certain = joined.difference(&ended_in(&events[at..])).cloned().collect();
            let mut cuts = vec![disk.image(|| false), disk.image(|| true)];
            cuts.extend((0..IMAGES).map(|_| disk.image(|| random.random())));
            images += cuts.len();
            for image in cuts {
                assert!(
                    holds(image, &certain, &ended).await,
                    "before event {at}, which is {event:?}"
                );
            }
        }
        disk.take(event);
        match event {
            Event::Joined(name) => drop(joined.insert(name.clone())),
            Event::Ended(name) => {
                joined.remove(name);
                ended.insert(name.clone());
            }
            _ => {}
        }
    }
    assert_eq!(
        joined.len() + ended.len(),
        2 * (MEMBERS * ROOMS + 1 + usize::from(PUTS))
    );
    assert!(images > 200, "{images}");
    // The look finds what is missing.
    assert!(holds(disk.image(|| true), &joined, &ended).await);
    assert!(!holds(HashMap::new(), &joined, &ended).await);
}
