//! A client without a screen, driven in JSON Lines or in plain ones.

use std::process::Command;

use serde_json::{Value, json};

use crate::limit::LIMIT;
use crate::process::Process;

/// A running `sotto pipe`.
#[derive(Debug)]
pub struct Pipe {
    process: Process,
    /// Events that were read while another one was waited for.
    unread: Vec<Value>,
}

impl Pipe {
    /// Starts it.
    pub fn start(command: Command) -> Self {
        Self {
            process: Process::spawn(command),
            unread: Vec::new(),
        }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// With `--json`: gives a command.
    pub fn command(&self, command: &Value) {
        self.process.write(format!("{command}\n"));
    }

    /// With `--json`: says something.
    pub fn say(&self, text: &str) {
        self.command(&json!({"type": "text", "text": text}));
    }

    /// Without `--json`: writes a line.
    pub fn write_line(&self, line: &str) {
        self.process.write(format!("{line}\n"));
    }

    /// With `--json`: the oldest unread event of a kind. Others stay unread.
    pub fn event(&mut self, kind: &str) -> Value {
        self.event_where(kind, |event| event["event"] == kind)
    }

    /// With `--json`: the oldest unread event that fits. Others stay unread.
    pub fn event_where(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.unread.iter().position(&fits) {
            return self.unread.remove(index);
        }
        loop {
            let Some(event) = self.next() else {
                panic!(
                    "it ended without {what}; unread: {:?}; its errors:\n{}",
                    self.unread,
                    self.process.errors()
                );
            };
            if fits(&event) {
                return event;
            }
            self.unread.push(event);
        }
    }

    /// With `--json`: the text of the oldest unread message.
    pub fn message(&mut self) -> String {
        text(&self.event("message"))
    }

    /// With `--json`: the texts of so many messages.
    pub fn messages(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.message()).collect()
    }

    /// With `--json`: all that comes until it ends, and is still unread.
    pub fn rest(&mut self) -> Vec<Value> {
        while let Some(event) = self.next() {
            self.unread.push(event);
        }
        std::mem::take(&mut self.unread)
    }

    fn next(&mut self) -> Option<Value> {
        let line = self.process.line()?;
        let event = serde_json::from_str(&line);
        Some(event.unwrap_or_else(|error| panic!("{error} in the line {line}")))
    }

    /// Without `--json`: the next line.
    pub fn line(&mut self) -> String {
        let line = self.process.line();
        line.unwrap_or_else(|| panic!("it ended without a line in {LIMIT:?}: {}", self.process.errors()))
    }

    /// Ends its input.
    pub fn end_input(&mut self) {
        self.process.end_input();
    }

    /// Waits until it ends and gives its exit code.
    pub fn exit_code(&mut self) -> i32 {
        self.process.exit_code()
    }
}

/// The text of a message event.
pub fn text(message: &Value) -> String {
    message["text"].as_str().expect("a message has a text").to_owned()
}
