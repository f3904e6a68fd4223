//! What a client sends: `[join_ref, ref, topic, event, payload]`, or its binary form (kind 0).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reference::{string, write_string};
use super::{FrameError, MAX_FIELD, Payload, Ref, binary};

/// A client's message to a topic.
#[derive(Debug, Clone)]
pub struct Push<'a> {
    /// The ref of the join that this message belongs to.
    pub join_ref: Ref<'a>,
    /// What the reply is to carry; null when none is wanted.
    pub reference: Ref<'a>,
    /// The channel.
    pub topic: Cow<'a, str>,
    /// What it is: `phx_join`, `phx_leave`, `heartbeat`, or an event that the relay passes on.
    pub event: Cow<'a, str>,
    /// Passed on untouched.
    pub payload: Payload<'a>,
}

impl<'a> Push<'a> {
    /// Reads a text frame.
    ///
    /// # Errors
    /// [`FrameError::Text`] when it is not a frame within the limits.
    pub fn decode_text(text: &'a str) -> Result<Self, FrameError> {
        #[derive(Deserialize)]
        struct Fields<'a>(
            #[serde(borrow)] &'a RawValue,
            &'a RawValue,
            &'a RawValue,
            &'a RawValue,
            &'a RawValue,
        );
        let Fields(join_ref, reference, topic, event, payload) =
            serde_json::from_str(text).map_err(|_| FrameError::Text)?;
        let (topic, event) = (string(topic.get())?, string(event.get())?);
        if topic.len() > MAX_FIELD || event.len() > MAX_FIELD {
            return Err(FrameError::Text);
        }
        Ok(Self {
            join_ref: Ref::from_json(join_ref)?,
            reference: Ref::from_json(reference)?,
            topic,
            event,
            payload: Payload::Json(payload),
        })
    }

    /// Reads a binary frame.
    ///
    /// # Errors
    /// [`FrameError::Binary`] when it is cut short, not a push, or a field is not UTF-8.
    pub fn decode_binary(data: &'a [u8]) -> Result<Self, FrameError> {
        let Some((&binary::PUSH, rest)) = data.split_first() else {
            return Err(FrameError::Binary);
        };
        let ([join_ref, reference, topic, event], data) = binary::fields(rest)?;
        Ok(Self {
            join_ref: Ref::from_binary(join_ref),
            reference: Ref::from_binary(reference),
            topic: topic.into(),
            event: event.into(),
            payload: Payload::Binary(data),
        })
    }

    /// Appends the frame to `out`; a JSON payload makes a text frame, a binary one a binary frame.
    ///
    /// # Errors
    /// [`FrameError::FieldTooLong`]; `out` is untouched then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let (join_ref, reference) = (self.join_ref.text(), self.reference.text());
        match self.payload {
            Payload::Binary(data) => binary::write(
                out,
                binary::PUSH,
                [join_ref, reference, &self.topic, &self.event],
                data,
            ),
            Payload::Json(payload) => write_text(
                out,
                &self.join_ref,
                &self.reference,
                &self.topic,
                &self.event,
                payload,
            ),
        }
    }
}

/// Appends `[join_ref, ref, topic, event, payload]`.
pub(super) fn write_text(
    out: &mut Vec<u8>,
    join_ref: &Ref<'_>,
    reference: &Ref<'_>,
    topic: &str,
    event: &str,
    payload: &RawValue,
) -> Result<(), FrameError> {
    text_head(out, join_ref, reference, topic, event)?;
    out.extend_from_slice(payload.get().as_bytes());
    out.push(b']');
    Ok(())
}

/// Appends `[join_ref, ref, topic, event,`: what comes before the payload.
pub(super) fn text_head(
    out: &mut Vec<u8>,
    join_ref: &Ref<'_>,
    reference: &Ref<'_>,
    topic: &str,
    event: &str,
) -> Result<(), FrameError> {
    if [join_ref.text(), reference.text(), topic, event]
        .iter()
        .any(|field| field.len() > MAX_FIELD)
    {
        return Err(FrameError::FieldTooLong);
    }
    out.push(b'[');
    join_ref.write_json(out);
    out.push(b',');
    reference.write_json(out);
    out.push(b',');
    write_string(out, topic);
    out.push(b',');
    write_string(out, event);
    out.push(b',');
    Ok(())
}
