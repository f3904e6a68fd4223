//! What a look at a relay finds: a line for each step.

use std::time::Duration;

use serde::Serialize;

use crate::room::RelayError;

/// What a step found.
pub(super) struct Finding {
    pub(super) step: &'static str,
    /// Why it failed; else `text` says what is.
    pub(super) trouble: Option<RelayError>,
    pub(super) text: String,
    /// How long it took, where that is of interest.
    pub(super) took: Option<Duration>,
}

/// A finding as JSON.
#[derive(Serialize)]
struct Line<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    step: &'static str,
}

impl Finding {
    pub(super) fn good(step: &'static str, text: impl Into<String>) -> Self {
        Self {
            step,
            trouble: None,
            text: text.into(),
            took: None,
        }
    }

    /// For people, or as JSON.
    pub(super) fn line(&self, as_json: bool) -> String {
        let ms = self.took.map(|took| took.as_secs_f64() * 1000.0);
        let ok = self.trouble.is_none();
        if as_json {
            let line = Line {
                message: &self.text,
                ms,
                ok,
                reason: self.trouble.as_ref().map(RelayError::word),
                step: self.step,
            };
            // Strings, numbers and options of them are always JSON.
            return serde_json::to_string(&line).unwrap_or_default();
        }
        let mark = if ok { '✓' } else { '✗' };
        let time = ms.map_or(String::new(), |time| format!(" ({time:.1} ms)"));
        format!("{mark} {}: {}{time}", self.step, self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_as_json_is_one_object() {
        let finding = Finding {
            took: Some(Duration::from_micros(1500)),
            ..Finding::good("round trip", "there and back")
        };
        let line: serde_json::Value = serde_json::from_str(&finding.line(true)).unwrap();
        let expected = json!({"step": "round trip", "ok": true, "message": "there and back", "ms": 1.5});
        assert_eq!(line, expected);
    }
}
