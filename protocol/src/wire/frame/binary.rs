//! The binary layout: a kind, one length byte for each field, the fields, then the data.

use super::{FrameError, MAX_FIELD};

/// Kind of a push, in both directions.
pub(super) const PUSH: u8 = 0;
/// Kind of a reply.
pub(super) const REPLY: u8 = 1;
/// Kind of a broadcast.
pub(super) const BROADCAST: u8 = 2;

/// Reads `N` fields behind the kind; what follows them is the data.
pub(super) fn fields<const N: usize>(rest: &[u8]) -> Result<([&str; N], &[u8]), FrameError> {
    let (lengths, mut rest) = rest.split_first_chunk::<N>().ok_or(FrameError::Binary)?;
    let mut fields = [""; N];
    for (field, &length) in fields.iter_mut().zip(lengths) {
        let (bytes, after) = rest.split_at_checked(length.into()).ok_or(FrameError::Binary)?;
        *field = std::str::from_utf8(bytes).map_err(|_| FrameError::Binary)?;
        rest = after;
    }
    Ok((fields, rest))
}

/// The bytes that [`write`] appends.
pub(super) fn len<const N: usize>(fields: [&str; N], data: &[u8]) -> usize {
    1 + N + fields.iter().map(|field| field.len()).sum::<usize>() + data.len()
}

/// Appends a frame.
pub(super) fn write<const N: usize>(
    out: &mut Vec<u8>,
    kind: u8,
    fields: [&str; N],
    data: &[u8],
) -> Result<(), FrameError> {
    if fields.iter().any(|field| field.len() > MAX_FIELD) {
        return Err(FrameError::FieldTooLong);
    }
    out.reserve(len(fields, data));
    out.push(kind);
    // The check above makes every length fit one byte.
    out.extend(fields.iter().map(|field| field.len() as u8));
    for field in fields {
        out.extend_from_slice(field.as_bytes());
    }
    out.extend_from_slice(data);
    Ok(())
}
