//! One press of a key as people write it: `Ctrl+A`, `Alt+Enter`, `F1`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key and what is held with it, in one form whatever a terminal makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The keys with names.
const NAMES: &[(KeyCode, &str)] = &[
    (KeyCode::Enter, "Enter"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::BackTab, "BackTab"),
    (KeyCode::Backspace, "Backspace"),
    (KeyCode::Delete, "Delete"),
    (KeyCode::Insert, "Insert"),
    (KeyCode::Left, "Left"),
    (KeyCode::Right, "Right"),
    (KeyCode::Up, "Up"),
    (KeyCode::Down, "Down"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::PageUp, "PageUp"),
    (KeyCode::PageDown, "PageDown"),
    (KeyCode::Char(' '), "Space"),
];

impl Chord {
    pub(crate) const ESC: Self = Self::new(KeyCode::Esc, KeyModifiers::NONE);

    const fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        Self { code, modifiers }
    }

    /// What was pressed. Releases of keys are nothing, and what is held with a key that only the desktop knows is no
    /// text: terminals that tell keys apart pass on what it has no use for.
    pub(crate) fn of(key: &KeyEvent) -> Option<Self> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        if !known.contains(key.modifiers) {
            return None;
        }
        Some(Self::new(key.code, key.modifiers).normal())
    }

    /// The character that it types, if it is text.
    pub(crate) fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// What a terminal tells of it.
    #[cfg(test)]
    pub(crate) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    pub(crate) fn with_alt(self) -> Self {
        Self::new(self.code, self.modifiers | KeyModifiers::ALT).normal()
    }

    /// As the second key of a sequence: whether a letter is a capital makes no difference.
    pub(crate) fn lower(self) -> Self {
        match self.code {
            KeyCode::Char(c) => Self::new(KeyCode::Char(c.to_ascii_lowercase()), self.modifiers),
            _ => self,
        }
    }

    fn normal(self) -> Self {
        let (control, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
        let (mut code, mut modifiers) = (self.code, self.modifiers);
        if let KeyCode::Char(c) = code {
            modifiers -= KeyModifiers::SHIFT;
            // Both together are AltGr where a terminal cannot tell: text.
            if modifiers.contains(control | alt) {
                modifiers -= control | alt;
            }
            if !modifiers.is_empty() {
                code = KeyCode::Char(c.to_ascii_lowercase());
            }
            // Most terminals send the same byte for these; one that tells them apart makes no difference.
            if modifiers == control {
                let same = match c.to_ascii_lowercase() {
                    '/' | '7' | '-' => Some(KeyCode::Char('_')),
                    'i' => Some(KeyCode::Tab),
                    'm' => Some(KeyCode::Enter),
                    '[' => Some(KeyCode::Esc),
                    _ => None,
                };
                if let Some(same) = same {
                    code = same;
                    if !matches!(same, KeyCode::Char(_)) {
                        modifiers -= control;
                    }
                }
            }
        }
        Self::new(code, modifiers)
    }
}

impl FromStr for Chord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut modifiers = KeyModifiers::NONE;
        loop {
            let held = [
                ("ctrl+", KeyModifiers::CONTROL),
                ("alt+", KeyModifiers::ALT),
                ("shift+", KeyModifiers::SHIFT),
            ];
            let found = held.into_iter().find(|(name, _)| {
                rest.get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name))
            });
            let Some((name, modifier)) = found else { break };
            modifiers |= modifier;
            rest = &rest[name.len()..];
        }
        let named = NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(rest));
        let mut chars = rest.chars();
        let code = match (named, chars.next(), chars.as_str()) {
            (Some((code, _)), ..) => *code,
            (None, Some(c), "") => KeyCode::Char(c),
            (None, Some('F' | 'f'), number) => match number.parse() {
                Ok(number @ 1..=24) => KeyCode::F(number),
                _ => return Err(unknown(text)),
            },
            _ => return Err(unknown(text)),
        };
        Ok(Self::new(code, modifiers).normal())
    }
}

fn unknown(text: &str) -> String {
    format!(
        "{text:?} is no key: it is written as in Ctrl+A, Alt+Enter, F1, or Ctrl+X L for one after the other"
    )
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl+"),
            (KeyModifiers::ALT, "Alt+"),
            (KeyModifiers::SHIFT, "Shift+"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        if let Some((_, name)) = NAMES.iter().find(|(code, _)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => write!(f, "{c}"),
            KeyCode::Char(c) => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> String {
        Chord::of(&KeyEvent::new(code, modifiers)).unwrap().to_string()
    }

    #[test]
    fn what_terminals_make_of_a_key_has_one_form() {
        let (control, shift, alt) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT, KeyModifiers::ALT);
        assert_eq!(press(KeyCode::Char('A'), shift), "A");
        assert_eq!(press(KeyCode::Char('A'), control | shift), "Ctrl+A");
        for same in ['7', '/', '_', '-'] {
            assert_eq!(press(KeyCode::Char(same), control), "Ctrl+_");
        }
        for (c, same) in [('i', "Tab"), ('m', "Enter"), ('[', "Esc")] {
            assert_eq!(press(KeyCode::Char(c), control), same);
        }
        assert_eq!(press(KeyCode::Char('@'), control | alt), "@", "AltGr");
        assert_eq!(press(KeyCode::Enter, shift), "Shift+Enter");
        let release = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(Chord::of(&release), None);
        let desktops = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::SUPER);
        assert_eq!(Chord::of(&desktops), None);
    }

    #[test]
    fn keys_are_written_and_read_alike() {
        for text in [
            "Ctrl+A",
            "Alt+Enter",
            "F12",
            "Alt+<",
            "Ctrl+Left",
            "Space",
            "Alt++",
            "é",
        ] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
        assert_eq!("ctrl+a".parse::<Chord>().unwrap().to_string(), "Ctrl+A");
        for wrong in ["", "Ctrl+", "Hyper+A", "F25", "ab"] {
            assert!(wrong.parse::<Chord>().is_err(), "{wrong}");
        }
    }
}
