//! The orderly end of a socket.

use std::borrow::Cow;

/// Why a socket is closed: a close code (RFC 6455, section 7.4) and a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: Option<u16>,
    reason: Cow<'static, str>,
}

impl Close {
    /// A frame breaks the rules of the protocol.
    pub const PROTOCOL: Self = Self::new(1002, "protocol error");
    /// A text is not UTF-8.
    pub const NOT_UTF8: Self = Self::new(1007, "text is not utf-8");
    /// A message is longer than [`Limits::message`](super::Limits::message).
    pub const TOO_BIG: Self = Self::new(1009, "message too big");
    /// More waits for the reader than [`Limits::queue`](super::Limits::queue).
    pub const TOO_SLOW: Self = Self::new(1008, "reads too slowly");
    /// The relay is out of its budget for what waits.
    pub const OVERLOADED: Self = Self::new(1013, "try again later");
    /// Nothing was heard for [`Limits::idle`](super::Limits::idle), or a frame took longer than
    /// [`Limits::frame`](super::Limits::frame).
    pub const IDLE: Self = Self::new(1001, "nothing was heard for too long");
    /// The relay stops or starts anew.
    pub const RESTART: Self = Self::new(1012, "service restart");

    /// A close with this code; `reason` has at most 123 bytes.
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code: Some(code),
            reason: Cow::Borrowed(reason),
        }
    }

    /// The code, if the frame carries one.
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// The words.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
