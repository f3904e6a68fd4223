//! Which key does what.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Types a character.
    Insert(char),
    /// Sends the draft, or does its command.
    Send,
    /// A new line in the draft.
    NewLine,
    /// Clears the draft, or asks whether to leave.
    Interrupt,
    /// Deletes forward, or asks whether to leave.
    EndOfInput,
    /// Gives the terminal back to the shell for a while.
    Suspend,
    /// Draws everything anew.
    Redraw,
    /// Takes back a question.
    Dismiss,
    /// Moves the caret.
    Left,
    /// Moves the caret.
    Right,
    /// Moves the caret.
    WordLeft,
    /// Moves the caret.
    WordRight,
    /// To the beginning of the line.
    Home,
    /// To the end of the line; with an empty input to the newest message.
    End,
    /// Deletes.
    Backspace,
    /// Deletes.
    Delete,
    /// Kills to the end of the line.
    KillToEnd,
    /// Kills to the beginning of the line.
    KillToStart,
    /// Kills the word before the caret.
    KillWord,
    /// Kills the word after the caret.
    KillNextWord,
    /// Inserts what was killed.
    Yank,
    /// Right after it: inserts what was killed before instead.
    YankEarlier,
    /// The user's editor takes the draft.
    Compose,
    /// Takes the last change of the draft back.
    Undo,
    /// Exchanges two characters.
    Transpose,
    /// What was sent before this, into the input.
    OlderSent,
    /// What was sent after this, into the input.
    NewerSent,
    /// Searches what was sent.
    SearchSent,
    /// A row up in the draft, else in the messages.
    Up,
    /// A row down in the draft, else in the messages.
    Down,
    /// A page up in the messages.
    PageUp,
    /// A page down in the messages.
    PageDown,
    /// To the oldest message.
    Top,
    /// To the newest message.
    Bottom,
}

/// What `/help` says about keys.
pub const HELP: &[(&str, &str)] = &[
    ("Enter", "sends; Alt+Enter, Ctrl+J or a \\ before Enter: new line"),
    ("Up, Down, PageUp, PageDown", "scroll; End: to the newest"),
    ("Ctrl+A E B F U K W Y T, Alt+Y", "as in a shell; Ctrl+_ undoes"),
    ("Ctrl+P N", "what you sent; Ctrl+R searches it"),
    (
        "Ctrl+C",
        "clears the draft (Ctrl+Y brings it back), then asks to leave",
    ),
    ("Ctrl+Z", "suspends; Ctrl+L draws anew"),
];

/// What a key asks for, if anything. Releases of keys are nothing.
pub fn action(key: &KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    Some(match key.code {
        KeyCode::Enter if alt || shift || control => Action::NewLine,
        KeyCode::Enter => Action::Send,
        KeyCode::Esc => Action::Dismiss,
        KeyCode::Left if control || alt => Action::WordLeft,
        KeyCode::Right if control || alt => Action::WordRight,
        KeyCode::Left => Action::Left,
        KeyCode::Right => Action::Right,
        KeyCode::Home if control => Action::Top,
        KeyCode::End if control => Action::Bottom,
        KeyCode::Home => Action::Home,
        KeyCode::End => Action::End,
        KeyCode::Backspace if control || alt => Action::KillWord,
        KeyCode::Backspace => Action::Backspace,
        KeyCode::Delete if control || alt => Action::KillNextWord,
        KeyCode::Delete => Action::Delete,
        KeyCode::Up => Action::Up,
        KeyCode::Down => Action::Down,
        KeyCode::PageUp => Action::PageUp,
        KeyCode::PageDown => Action::PageDown,
        KeyCode::Tab => Action::Insert('\t'),
        KeyCode::Char(c) if control && !alt => control_action(c)?,
        KeyCode::Char(c) if alt && !control => alt_action(c)?,
        // Both together are AltGr where a terminal cannot tell.
        KeyCode::Char(c) => Action::Insert(c),
        _ => return None,
    })
}

fn control_action(c: char) -> Option<Action> {
    Some(match c.to_ascii_lowercase() {
        'a' => Action::Home,
        'b' => Action::Left,
        'c' => Action::Interrupt,
        'd' => Action::EndOfInput,
        'e' => Action::End,
        'f' => Action::Right,
        'h' => Action::Backspace,
        'j' => Action::NewLine,
        'k' => Action::KillToEnd,
        'l' => Action::Redraw,
        'n' => Action::NewerSent,
        'p' => Action::OlderSent,
        'r' => Action::SearchSent,
        't' => Action::Transpose,
        'u' => Action::KillToStart,
        'w' => Action::KillWord,
        'y' => Action::Yank,
        'z' => Action::Suspend,
        // A terminal sends the same byte for Ctrl+_, Ctrl+/ and Ctrl+7.
        '_' | '/' | '7' => Action::Undo,
        _ => return None,
    })
}

fn alt_action(c: char) -> Option<Action> {
    Some(match c {
        'b' => Action::WordLeft,
        'f' => Action::WordRight,
        'd' => Action::KillNextWord,
        'y' => Action::YankEarlier,
        '<' => Action::Top,
        '>' => Action::Bottom,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
        action(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn only_a_bare_enter_sends() {
        assert_eq!(press(KeyCode::Enter, KeyModifiers::NONE), Some(Action::Send));
        for modifier in [KeyModifiers::ALT, KeyModifiers::SHIFT, KeyModifiers::CONTROL] {
            assert_eq!(press(KeyCode::Enter, modifier), Some(Action::NewLine));
        }
        assert_eq!(
            press(KeyCode::Char('j'), KeyModifiers::CONTROL),
            Some(Action::NewLine)
        );
    }

    #[test]
    fn a_release_is_no_press() {
        let release = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(action(&release), None);
        assert_eq!(
            press(KeyCode::Char('A'), KeyModifiers::SHIFT),
            Some(Action::Insert('A'))
        );
    }
}
