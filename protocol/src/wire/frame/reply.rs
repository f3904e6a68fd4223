//! The answer to a push: `[join_ref, ref, topic, "phx_reply", {"status", "response"}]`, or kind 1.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::push::text_head;
use super::{FrameError, Payload, Ref, binary};

/// How a push went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was done.
    Ok,
    /// It was refused; the response says why.
    Error,
}

impl Status {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "ok" => Some(Self::Ok),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    /// The written form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// The relay's answer to one push.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    /// The channel's join_ref.
    pub join_ref: Ref<'a>,
    /// The ref of the push.
    pub reference: Ref<'a>,
    /// The channel.
    pub topic: Cow<'a, str>,
    /// How it went.
    pub status: Status,
    /// `{}` or `{"reason": WORD}` from our relay; other servers may say more, or answer in binary.
    pub response: Payload<'a>,
}

impl<'a> Reply<'a> {
    pub(super) fn from_text(
        join_ref: Ref<'a>,
        reference: Ref<'a>,
        topic: Cow<'a, str>,
        body: &'a RawValue,
    ) -> Result<Self, FrameError> {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            status: Cow<'a, str>,
            #[serde(borrow)]
            response: &'a RawValue,
        }
        let body: Body<'a> = serde_json::from_str(body.get()).map_err(|_| FrameError::Text)?;
        Ok(Self {
            join_ref,
            reference,
            topic,
            status: Status::parse(&body.status).ok_or(FrameError::Text)?,
            response: Payload::Json(body.response),
        })
    }

    /// The reason of a refusal, where one is given as `{"reason": WORD}`.
    pub fn reason(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Refusal {
            reason: String,
        }
        match self.response {
            Payload::Json(json) => serde_json::from_str(json.get())
                .ok()
                .map(|refusal: Refusal| refusal.reason),
            Payload::Binary(_) => None,
        }
    }

    /// Appends the frame to `out`; a JSON response makes a text frame, a binary one a binary frame.
    ///
    /// # Errors
    /// [`FrameError::FieldTooLong`]; `out` is untouched then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let status = self.status.as_str();
        match self.response {
            Payload::Binary(data) => {
                let fields = [self.join_ref.text(), self.reference.text(), &self.topic, status];
                binary::write(out, binary::REPLY, fields, data)
            }
            Payload::Json(response) => {
                text_head(out, &self.join_ref, &self.reference, &self.topic, "phx_reply")?;
                for part in [r#"{"status":""#, status, r#"","response":"#, response.get(), "}]"] {
                    out.extend_from_slice(part.as_bytes());
                }
                Ok(())
            }
        }
    }
}
