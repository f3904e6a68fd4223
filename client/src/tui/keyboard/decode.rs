//! What a complete sequence of a terminal means: a key, a report, or nothing here.
//!
//! Keys come as xterm, rxvt, the Linux console and the keyboard protocol of kitty have them.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::Event;

/// What a control sequence means.
#[derive(Debug)]
pub(super) enum Meaning {
    /// A key.
    Key(KeyCode, KeyModifiers),
    /// What follows is pasted.
    PasteBegins,
    /// Something that is no key.
    Other(Event),
}

/// The first key that the protocol of kitty numbers by itself: those of the keypad.
const KEYPAD: u32 = 57_399;
/// The keys of the keypad from that number on.
const KEYPAD_KEYS: [KeyCode; 28] = [
    KeyCode::Char('0'),
    KeyCode::Char('1'),
    KeyCode::Char('2'),
    KeyCode::Char('3'),
    KeyCode::Char('4'),
    KeyCode::Char('5'),
    KeyCode::Char('6'),
    KeyCode::Char('7'),
    KeyCode::Char('8'),
    KeyCode::Char('9'),
    KeyCode::Char('.'),
    KeyCode::Char('/'),
    KeyCode::Char('*'),
    KeyCode::Char('-'),
    KeyCode::Char('+'),
    KeyCode::Enter,
    KeyCode::Char('='),
    KeyCode::Char(','),
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::Insert,
    KeyCode::Delete,
];

/// F13 there.
const F13: u32 = 57_376;
/// The private use area, where the protocol of kitty has keys that are no characters.
const PRIVATE: std::ops::RangeInclusive<u32> = 0xe000..=0xf8ff;

/// `ESC [`, these, and the final byte.
pub(super) fn control(held: &[u8], last: u8) -> Option<Meaning> {
    let text = std::str::from_utf8(held).ok()?;
    let numbers = Numbers(text);
    match (text.chars().next(), last) {
        (Some('?'), b'u') => return Some(Meaning::Other(Event::CanTellApart)),
        (Some('?'), b'c') => return Some(Meaning::Other(Event::Answered)),
        (Some('<'), b'M' | b'm') => {
            let [button, x, y] = Numbers(&text[1..]).all()?;
            return Some(Meaning::Other(Event::Mouse(mouse(button, x, y, last == b'M')?)));
        }
        (Some('['), b'A'..=b'E') => return key(KeyCode::F(1 + last - b'A')),
        (None, b'I') => return Some(Meaning::Other(Event::Focus(true))),
        (None, b'O') => return Some(Meaning::Other(Event::Focus(false))),
        (None, b'Z') => return Some(Meaning::Key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        (None | Some('0'..='9' | ';'), _) => {}
        _ => return None,
    }
    let (control, shift) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT);
    match last {
        b'~' if numbers.get(0) == Some(200) => Some(Meaning::PasteBegins),
        // What xterm sends where it is set to tell keys apart.
        b'~' if numbers.get(0) == Some(27) => {
            let code = char::from_u32(numbers.get(2)?)?;
            numbers.key(of_character(code)?, KeyModifiers::NONE)
        }
        b'~' => numbers.key(numbered(numbers.get(0)?)?, KeyModifiers::NONE),
        b'^' => numbers.key(numbered(numbers.get(0)?)?, control),
        b'$' => numbers.key(numbered(numbers.get(0)?)?, shift),
        b'@' => numbers.key(numbered(numbers.get(0)?)?, control | shift),
        b'u' => numbers.key(coded(numbers.get(0)?)?, KeyModifiers::NONE),
        b'a'..=b'd' => numbers.key(named(last.to_ascii_uppercase())?, shift),
        // The answer where the caret is, which has the form of F3, was never asked for.
        b'R' => None,
        _ => numbers.key(named(last)?, KeyModifiers::NONE),
    }
}

/// `ESC O`, these, and the final byte: arrows and F1 to F4, and the keypad where it is told apart.
pub(super) fn single(held: &[u8], last: u8) -> Option<(KeyCode, KeyModifiers)> {
    let held = std::str::from_utf8(held).ok()?;
    let mask = held.rsplit(';').next().and_then(|mask| mask.parse().ok());
    let modifiers = mask.map_or(KeyModifiers::NONE, modifiers);
    match last {
        b'a'..=b'd' => Some((named(last.to_ascii_uppercase())?, KeyModifiers::CONTROL)),
        b'M' => Some((KeyCode::Enter, modifiers)),
        b'I' => Some((KeyCode::Tab, modifiers)),
        b'X' => Some((KeyCode::Char('='), modifiers)),
        b' ' => Some((KeyCode::Char(' '), modifiers)),
        // In the order of ASCII, from `*` on.
        b'j'..=b'y' => Some((KeyCode::Char(char::from(last - b'j' + b'*')), modifiers)),
        _ => Some((named(last)?, modifiers)),
    }
}

/// The three bytes of the oldest reports: each is 32 more than what it says, a place from 1 on.
pub(super) fn old_mouse(bytes: &[u8]) -> Option<MouseEvent> {
    let [button, x, y] = bytes else { return None };
    let number = |byte: &u8| u32::from(byte.saturating_sub(32));
    mouse(number(button), number(x), number(y), true)
}

/// What somebody does with the mouse, as far as it matters here.
fn mouse(button: u32, x: u32, y: u32, pressed: bool) -> Option<MouseEvent> {
    // Above the bits for Shift, Alt and Ctrl.
    let kind = match (button & !0b1_1100, pressed) {
        (0, true) => MouseEventKind::Down(MouseButton::Left),
        (64, _) => MouseEventKind::ScrollUp,
        (65, _) => MouseEventKind::ScrollDown,
        _ => return None,
    };
    let place = |from_one: u32| u16::try_from(from_one.saturating_sub(1)).unwrap_or(u16::MAX);
    Some(MouseEvent {
        kind,
        column: place(x),
        row: place(y),
        modifiers: KeyModifiers::NONE,
    })
}

/// The parameters of a control sequence: `1;5:1`.
struct Numbers<'a>(&'a str);

impl Numbers<'_> {
    fn get(&self, at: usize) -> Option<u32> {
        let part = self.0.split(';').nth(at)?;
        part.split(':').next()?.parse().ok()
    }

    fn all<const N: usize>(&self) -> Option<[u32; N]> {
        let mut numbers = [0; N];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = self.get(at)?;
        }
        Some(numbers)
    }

    /// The key, with what is held; nothing when it was let go (`1;1:3`).
    fn key(&self, code: KeyCode, held: KeyModifiers) -> Option<Meaning> {
        let second = self.0.split(';').nth(1).unwrap_or_default();
        let released = second.split(':').nth(1) == Some("3");
        let held = held | self.get(1).map_or(KeyModifiers::NONE, modifiers);
        (!released).then_some(Meaning::Key(code, held))
    }
}

fn key(code: KeyCode) -> Option<Meaning> {
    Some(Meaning::Key(code, KeyModifiers::NONE))
}

/// What is held: one more than the sum of its bits.
fn modifiers(mask: u32) -> KeyModifiers {
    let bits = mask.saturating_sub(1);
    [
        KeyModifiers::SHIFT,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SUPER,
        KeyModifiers::HYPER,
        KeyModifiers::META,
    ]
    .into_iter()
    .enumerate()
    .filter(|(bit, _)| bits >> bit & 1 == 1)
    .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

/// The keys whose final byte names them.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(1 + last - b'P'),
        _ => return None,
    })
}

/// The keys that have a number, before `~`.
fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        _ => {
            // The VT220 left a gap after each group of keys.
            let function = match number {
                11..=15 => number - 10,
                17..=21 => number - 11,
                23..=26 => number - 12,
                28..=29 => number - 13,
                31..=34 => number - 14,
                _ => return None,
            };
            KeyCode::F(function.try_into().ok()?)
        }
    })
}

/// The keys of the keyboard protocol of kitty.
fn coded(code: u32) -> Option<KeyCode> {
    if let Some(keypad) = code.checked_sub(KEYPAD)
        && let Some(key) = KEYPAD_KEYS.get(keypad as usize)
    {
        return Some(*key);
    }
    if let Some(function @ 0..=22) = code.checked_sub(F13) {
        return Some(KeyCode::F(13 + function as u8));
    }
    if PRIVATE.contains(&code) {
        return None;
    }
    of_character(char::from_u32(code)?)
}

fn of_character(c: char) -> Option<KeyCode> {
    Some(match c {
        '\t' => KeyCode::Tab,
        '\r' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '\u{7f}' | '\u{8}' => KeyCode::Backspace,
        c if c.is_control() => return None,
        c => KeyCode::Char(c),
    })
}
