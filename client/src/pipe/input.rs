//! Standard input: bytes to lines to what they ask for.

use std::io::{self, BufRead};

use serde::Deserialize;
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::message::{MAX_TEXT, MessageId};

/// The longest line of JSON, in bytes: a text of the longest with every byte escaped (`\u0001`), and the rest.
const MAX_JSON: usize = 6 * MAX_TEXT + 1024;

/// What one line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Say this.
    Text(String),
    /// Change a message of ours.
    Edit(MessageId, String),
    /// Delete a message of ours.
    Delete(MessageId),
    /// What we want of messages that fade.
    Fade(Fading),
    /// We type, or have stopped to.
    Typing(bool),
    /// We have read a message.
    Read(MessageId),
    /// End, as at the end of input.
    Leave,
}

/// Why a line was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Bytes that are no text.
    #[error("a line of the input is not UTF-8; it was not sent")]
    NotUtf8,
    /// A line of JSON that no text needs.
    #[error("a line of the input is longer than any message; it was not sent")]
    TooLong,
    /// No JSON, or not of the form.
    #[error("a line of the input is not understood: {0}")]
    Malformed(String),
    /// Input cannot be read any more.
    #[error("cannot read standard input: {0}")]
    Broken(io::Error),
}

impl Fault {
    /// A word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::TooLong => "too_long",
            Self::Malformed(_) => "bad_input",
            Self::Broken(_) => "input",
        }
    }
}

/// Reads to the end and gives every line, until `give` says false.
pub(crate) fn read(mut reader: impl BufRead, json: bool, mut give: impl FnMut(Result<Input, Fault>) -> bool) {
    let mut lines = Lines {
        json,
        ..Lines::default()
    };
    loop {
        let chunk = match reader.fill_buf() {
            Ok([]) => break,
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                give(Err(Fault::Broken(error)));
                return;
            }
        };
        // A line at a time: what was read and cannot be given on is then at most one line.
        let length = chunk
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(chunk.len(), |end| end + 1);
        let goes_on = lines.take(&chunk[..length], &mut give);
        reader.consume(length);
        if !goes_on {
            return;
        }
    }
    lines.end(&mut give);
}

/// Bytes that are not yet a line.
#[derive(Default)]
struct Lines {
    json: bool,
    line: Vec<u8>,
    /// In a line of JSON that is too long, until its end.
    skipping: bool,
}

impl Lines {
    /// Takes bytes that hold one line end at most, as their last. False when nobody listens any more.
    fn take(&mut self, bytes: &[u8], give: &mut impl FnMut(Result<Input, Fault>) -> bool) -> bool {
        let (bytes, ended) = match bytes.split_last() {
            Some((b'\n', rest)) => (rest, true),
            _ => (bytes, false),
        };
        if !self.skipping {
            self.line.extend_from_slice(bytes);
        }
        if self.json && self.line.len() > MAX_JSON {
            self.line.clear();
            self.skipping = true;
            if !give(Err(Fault::TooLong)) {
                return false;
            }
        }
        while !self.json && self.line.len() > MAX_TEXT {
            let rest = self.line.split_off(boundary(&self.line, MAX_TEXT));
            let piece = std::mem::replace(&mut self.line, rest);
            if !give(parse(piece, false)) {
                return false;
            }
        }
        !ended || self.end(give)
    }

    /// A line end, or the end of input, which ends a line that has begun.
    fn end(&mut self, give: &mut impl FnMut(Result<Input, Fault>) -> bool) -> bool {
        let line = std::mem::take(&mut self.line);
        let skipped = std::mem::take(&mut self.skipping);
        skipped || line.is_empty() || give(parse(line, self.json))
    }
}

/// The last place at or before `limit` where no character is cut, if these bytes are UTF-8.
fn boundary(bytes: &[u8], limit: usize) -> usize {
    (limit.saturating_sub(3)..=limit)
        .rev()
        .find(|&place| bytes.get(place).is_none_or(|byte| byte & 0xc0 != 0x80))
        .unwrap_or(limit)
}

fn parse(line: Vec<u8>, json: bool) -> Result<Input, Fault> {
    let text = String::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    if json {
        parse_json(&text)
    } else {
        Ok(Input::Text(text))
    }
}

/// A line of JSON as it is written.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Written {
    Text {
        text: String,
    },
    Edit {
        id: String,
        text: String,
    },
    Delete {
        id: String,
    },
    Fade {
        seconds: u32,
    },
    Typing {
        #[serde(default = "yes")]
        on: bool,
    },
    Read {
        id: String,
    },
    Leave,
}

fn yes() -> bool {
    true
}

fn parse_json(line: &str) -> Result<Input, Fault> {
    let id = |id: String| {
        MessageId::parse(&id).ok_or_else(|| Fault::Malformed("an id is 32 hexadecimal digits".to_owned()))
    };
    Ok(match serde_json::from_str(line) {
        Ok(Written::Text { text }) => Input::Text(text),
        Ok(Written::Edit { id: which, text }) => Input::Edit(id(which)?, text),
        Ok(Written::Delete { id: which }) => Input::Delete(id(which)?),
        Ok(Written::Fade { seconds: 0 }) => Input::Fade(Fading::Stay),
        Ok(Written::Fade { seconds }) => {
            let time = FadeTime::from_secs(seconds).map_err(|error| Fault::Malformed(error.to_string()))?;
            Input::Fade(Fading::After(time))
        }
        Ok(Written::Typing { on }) => Input::Typing(on),
        Ok(Written::Read { id: which }) => Input::Read(id(which)?),
        Ok(Written::Leave) => Input::Leave,
        Err(error) => {
            return Err(Fault::Malformed(crate::visible::shortened(
                &error.to_string(),
                200,
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    /// What is read of these bytes, through a buffer so small that every line is cut; faults by their word.
    fn all(bytes: &[u8], json: bool) -> Vec<Result<Input, &'static str>> {
        let mut found = Vec::new();
        read(BufReader::with_capacity(7, bytes), json, |input| {
            found.push(input.map_err(|fault| fault.word()));
            true
        });
        found
    }

    fn text(text: &str) -> Result<Input, &'static str> {
        Ok(Input::Text(text.to_owned()))
    }

    #[test]
    fn each_line_is_a_message_and_the_last_needs_no_end() {
        assert_eq!(
            all("one\ntwo grüße\n\n 3\r\nlast".as_bytes(), false),
            [text("one"), text("two grüße"), text(" 3\r"), text("last")]
        );
        assert!(all(b"", false).is_empty());
    }

    #[test]
    fn a_line_that_is_not_utf8_is_refused_and_the_next_is_read() {
        assert_eq!(
            all(b"a\n\xff\xfe\nb\n", false),
            [text("a"), Err("not_utf8"), text("b")]
        );
        assert_eq!(
            all(b"\xff\n{\"type\":\"leave\"}\n", true),
            [Err("not_utf8"), Ok(Input::Leave)]
        );
    }

    #[test]
    fn a_long_line_is_sent_in_pieces_that_cut_no_character() {
        for begin in ["", "x", "xx", "xxx"] {
            let line = format!("{begin}{}", "👋".repeat(40_000));
            let pieces: Vec<String> = all(format!("{line}\nend").as_bytes(), false)
                .into_iter()
                .map(|input| match input {
                    Ok(Input::Text(text)) => text,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert!(pieces.iter().all(|piece| piece.len() <= MAX_TEXT));
            assert_eq!(pieces.len(), 4);
            assert_eq!(pieces[..3].concat(), line);
        }
        assert_eq!(all("x".repeat(MAX_TEXT).as_bytes(), false).len(), 1);
    }

    #[test]
    fn a_long_line_of_json_is_refused_once() {
        let long = "x".repeat(MAX_JSON * 2);
        assert_eq!(
            all(format!("{long}\n{{\"type\":\"leave\"}}\n").as_bytes(), true),
            [Err("too_long"), Ok(Input::Leave)]
        );
    }

    #[test]
    fn json_lines_ask_for_what_they_say() {
        let id = "0b".repeat(16);
        let lines = format!(
            "{{\"type\":\"text\",\"text\":\"a\\nb\"}}\n{{\"type\":\"edit\",\"id\":\"{id}\",\"text\":\"c\"}}\n\
             {{\"type\":\"delete\",\"id\":\"{id}\"}}\n{{\"type\":\"typing\"}}\n{{\"type\":\"typing\",\"on\":false}}\n\
             {{\"type\":\"read\",\"id\":\"{id}\"}}\n{{\"type\":\"fade\",\"seconds\":60}}\n{{\"type\":\"fade\",\"seconds\":0}}\n"
        );
        let id = MessageId([0x0b; 16]);
        assert_eq!(
            all(lines.as_bytes(), true),
            [
                text("a\nb"),
                Ok(Input::Edit(id, "c".to_owned())),
                Ok(Input::Delete(id)),
                Ok(Input::Typing(true)),
                Ok(Input::Typing(false)),
                Ok(Input::Read(id)),
                Ok(Input::Fade(Fading::After(FadeTime::from_secs(60).unwrap()))),
                Ok(Input::Fade(Fading::Stay)),
            ]
        );
    }

    proptest! {
        #[test]
        fn no_line_is_lost_or_changed(lines: Vec<String>, buffer in 1_usize..50) {
            let lines: Vec<String> = lines.into_iter().map(|line| line.replace('\n', "")).collect();
            let bytes: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let mut found = Vec::new();
            read(BufReader::with_capacity(buffer, bytes.as_bytes()), false, |input| {
                found.push(input.unwrap());
                true
            });
            let said = lines.into_iter().filter(|line| !line.is_empty()).map(Input::Text);
            prop_assert_eq!(found, said.collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for wrong in [
            "hello",
            "[]",
            "{}",
            r#"{"type":"dance"}"#,
            r#"{"type":"read","id":"1"}"#,
            r#"{"type":"text"}"#,
            r#"{"type":"fade","seconds":4}"#,
        ] {
            assert_eq!(all(wrong.as_bytes(), true), [Err("bad_input")], "{wrong}");
        }
    }

    #[test]
    fn reading_stops_when_nobody_listens() {
        let mut given = 0;
        read(&b"1\n2\n3\n"[..], false, |_| {
            given += 1;
            given < 2
        });
        assert_eq!(given, 2);
    }
}
