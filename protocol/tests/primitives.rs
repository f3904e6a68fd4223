//! The libraries' primitives, used as this crate uses them, against the vectors of their specifications.
#![cfg(feature = "session")]

use argon2::{Algorithm, Argon2, ParamsBuilder, Version};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use ml_kem::{EncapsulationKey768, TryKeyInit};
use sha2::Sha256;

/// RFC 9106, section 5.3: our passes, lanes and length of tag, over 32 KiB.
#[test]
fn argon2id_is_that_of_rfc_9106() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .output_len(32)
        .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(
        hex::encode(tag),
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    );
}

/// RFC 5869, appendix A.3: a salt and an info of no bytes. No salt and an empty one are the same.
#[test]
fn hkdf_without_a_salt_is_that_of_rfc_5869() {
    for salt in [None, Some([].as_slice())] {
        let mut key = [0; 42];
        Hkdf::<Sha256>::new(salt, &[0x0b; 22])
            .expand(&[], &mut key)
            .unwrap();
        assert_eq!(
            hex::encode(key),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }
}

/// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
#[test]
fn xchacha20_poly1305_is_that_of_the_draft() {
    let key: Vec<u8> = (0x80..0xa0).collect();
    let nonce: [u8; 24] = std::array::from_fn(|n| 0x40 + n as u8);
    let aad = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
    let msg = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let cipher = XChaCha20Poly1305::new_from_slice(&key).unwrap();
    let sealed = cipher.encrypt(&nonce.into(), Payload { msg, aad: &aad }).unwrap();
    assert_eq!(
        hex::encode(sealed),
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39\
         ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
         21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
    );
}

/// FIPS 203, section 7.2: an encapsulation key with a coefficient that is not reduced modulo 3,329 is refused.
#[test]
fn ml_kem_refuses_a_key_that_is_not_reduced() {
    let encoded = |first_coefficient: u16| {
        let mut key = [0; 1184];
        key[..2].copy_from_slice(&first_coefficient.to_le_bytes());
        key
    };
    assert!(EncapsulationKey768::new_from_slice(&encoded(3328)).is_ok());
    assert!(EncapsulationKey768::new_from_slice(&encoded(3329)).is_err());
}
