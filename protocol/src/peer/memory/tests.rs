use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::*;
use crate::peer::message::InstanceId;
use crate::peer::root::Root;

fn key(root: u8, device: u8) -> MemoryKey {
    let device = DeviceSecret::read(|secret| {
        secret.fill(device);
        Ok::<_, ()>(())
    });
    MemoryKey::new(&Root::from_bytes([root; 32]), &device.unwrap())
}

/// Gives these bytes and no others.
struct Stated(Vec<u8>);

impl TryRng for Stated {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!()
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        into.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Stated {}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn unsent(text: String, to: Vec<Addressee>) -> Unsent {
    let id = MessageId([7; 16]);
    Unsent {
        id,
        clock: u64::MAX,
        reply_to: Some(Target {
            author: InstanceId([8; 16]),
            id,
        }),
        fades: FadeTime::from_secs(60).ok(),
        text: text.into(),
        to,
    }
}

fn addressee() -> impl Strategy<Value = Addressee> {
    (0..3usize, any::<[bool; 3]>()).prop_map(|(name, [compared, typed_alone, sent])| Addressee {
        name: Name::new(["anna", "Zoë", "👩‍💻"][name]).unwrap(),
        compared,
        typed_alone,
        sent,
    })
}

fn memory() -> impl Strategy<Value = Memory> {
    let text = (any::<String>(), prop::collection::vec(addressee(), 0..4));
    let outbox = prop::collection::vec(text.prop_map(|(text, to)| unsent(text, to)), 0..40);
    outbox.prop_map(|outbox| Memory { outbox })
}

#[test]
fn key_name_and_an_empty_memory_are_as_specified() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../vectors.json")).unwrap();
    let vector = &vectors["memory"];
    let bytes = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
    let room = &vectors["rooms"][vector["room"].as_u64().unwrap() as usize];
    let root = Root::from_bytes(bytes(&room["root"]).try_into().unwrap());
    let device = DeviceSecret::read(|secret| {
        secret.copy_from_slice(&bytes(&vector["device"]));
        Ok::<_, ()>(())
    });
    let key = MemoryKey::new(&root, &device.unwrap());
    assert_eq!(key.key.expose()[..], bytes(&vector["key"]));
    assert_eq!(key.file_name(), vector["name"].as_str().unwrap());
    let nonce = &mut Stated(bytes(&vector["nonce"]));
    let sealed = key.seal(Part::Memory, &Memory::default(), nonce).unwrap();
    assert_eq!(Sha256::digest(sealed)[..], bytes(&vector["empty_sha256"]));
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again_and_its_length_is_a_bucket(memory in memory()) {
        let sealed = key(1, 1).seal(Part::Memory, &memory, &mut rng()).unwrap();
        prop_assert!((sealed.len() - 41).is_power_of_two());
        prop_assert_eq!(key(1, 1).open(Part::Memory, &sealed), Ok(memory));
    }

    #[test]
    fn no_byte_can_be_changed_or_left_out(at in any::<prop::sample::Index>(), change in 1u8.., cut in any::<bool>()) {
        let memory = Memory { outbox: vec![unsent("hello".to_owned(), Vec::new())] };
        let mut sealed = key(1, 1).seal(Part::Memory, &memory, &mut rng()).unwrap();
        let at = at.index(sealed.len());
        if cut { sealed.truncate(at) } else { sealed[at] ^= change }
        prop_assert!(key(1, 1).open::<Memory>(Part::Memory, &sealed).is_err());
    }

    #[test]
    fn whatever_stands_there_is_an_error_and_no_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        bytes.resize(4096 + 41, 1);
        bytes[0] = 1;
        prop_assert_eq!(key(1, 1).open::<Memory>(Part::Memory, &bytes), Err(OpenError::Sealed));
    }
}

#[test]
fn another_passphrase_device_or_part_does_not_open_and_has_another_name() {
    let sealed = key(1, 1)
        .seal(Part::Memory, &Memory::default(), &mut rng())
        .unwrap();
    let open = |key: &MemoryKey, part| key.open::<Memory>(part, &sealed);
    for other in [key(2, 1), key(1, 2)] {
        assert_eq!(open(&other, Part::Memory), Err(OpenError::Sealed));
        assert_ne!(other.file_name(), key(1, 1).file_name());
    }
    assert_eq!(open(&key(1, 1), Part::History(1)), Err(OpenError::Sealed));
    assert!(open(&key(1, 1), Part::Memory).is_ok());
}

#[test]
fn each_fault_of_a_file_has_its_sentence() {
    let key = key(1, 1);
    let open = |bytes: &[u8]| key.open::<Memory>(Part::Memory, bytes).unwrap_err();
    let sealed = key.seal(Part::Memory, &Memory::default(), &mut rng()).unwrap();
    assert_eq!(open(b"").to_string(), "it is not whole");
    assert_eq!(open(&sealed[..4000]).to_string(), "it is not whole");
    let newer = [&[2], &sealed[1..]].concat();
    assert_eq!(
        open(&newer).to_string(),
        "it is of version 2, which this sotto does not know"
    );
    let other = key.seal(Part::Memory, &u64::MAX, &mut rng()).unwrap();
    assert_eq!(open(&other), OpenError::Content);
}

#[test]
fn a_full_outbox_fits_and_what_does_not_is_refused() {
    let full = |bytes: usize| Memory {
        outbox: (0..1024).map(|_| unsent("x".repeat(bytes), Vec::new())).collect(),
    };
    let sealed = key(1, 1).seal(Part::Memory, &full(4096), &mut rng()).unwrap();
    assert!(sealed.len() <= MAX_FILE);
    assert_eq!(
        key(1, 1).seal(Part::Memory, &full(8192), &mut rng()),
        Err(TooLarge)
    );
}

#[test]
fn nothing_of_it_is_shown_for_debugging() {
    let memory = Memory {
        outbox: vec![unsent("a secret".to_owned(), Vec::new())],
    };
    let shown = format!("{memory:?} {:?}", key(1, 1));
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn two_seals_of_one_content_differ() {
    let mut rng = rng();
    let mut seal = || {
        key(1, 1)
            .seal(Part::Memory, &Memory::default(), &mut rng)
            .unwrap()
    };
    assert_ne!(seal(), seal());
}
