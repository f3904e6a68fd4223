//! Taking the mask off a client's payload (RFC 6455, section 5.3).

/// Unmasks in place what stands `offset` bytes into a payload.
pub(super) fn unmask(bytes: &mut [u8], mask: [u8; 4], offset: usize) {
    let mask: [u8; 4] = std::array::from_fn(|i| mask[(i + offset) % 4]);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    // Whole words, which the compiler turns into vector instructions.
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_any_length_are_unmasked_as_the_whole(
            payload: Vec<u8>, mask: [u8; 4], cut: prop::sample::Index,
        ) {
            let expected: Vec<u8> = payload.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]).collect();
            let cut = cut.index(payload.len() + 1);
            let mut pieces = payload;
            let (left, right) = pieces.split_at_mut(cut);
            unmask(left, mask, 0);
            unmask(right, mask, cut);
            prop_assert_eq!(pieces, expected);
        }
    }
}
