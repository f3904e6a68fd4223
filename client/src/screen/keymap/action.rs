//! Which key does what: the tables that bind keys and make the help, one for the input and one for a selected message.

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
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
    /// Completes a command or a name; else inserts a tab.
    Complete,
    /// Shows a room by the number of its tab.
    Room(u8),
    /// Shows the next room.
    NextRoom,
    /// Shows the room before.
    PreviousRoom,
    /// Shows the room that was on the screen before.
    LastRoom,
    /// Shows the next room in which something waits.
    NextUnread,
    /// Shows keys and commands.
    Help,
    /// Changes the last message of ours.
    EditLast,
    /// Shows only the texts, or everything again.
    Bare,
    /// Selects a message.
    Select,
    /// Does something with the selected message; where none is, with the newest that it can be done with.
    Browse(Browsing),
    /// Makes the screen blank until a passphrase is given.
    Lock,
    /// Wipes everything, leaves and quits at once.
    Panic,
}

/// What a key asks for while a message is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Browsing {
    /// Selects the message above.
    Older,
    /// Selects the message below.
    Newer,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Selects the first message.
    Oldest,
    /// Selects the last message.
    Newest,
    /// Asks what to search for.
    Find,
    /// Selects what is found next, upwards.
    FindNext,
    /// Selects what was found before, downwards.
    FindPrevious,
    /// Answers the message.
    Reply,
    /// Puts it into the input, if it is ours.
    Edit,
    /// Deletes it for everybody after a question, if it is ours.
    Delete,
    /// Asks for a reaction to it.
    React,
    /// Copies its text.
    Copy,
    /// Opens its link.
    Open,
    /// Selects nothing any more, and stays at this place of the talk.
    Stay,
    /// Shows these keys.
    Help,
}

impl Action {
    /// Whether it means the same with a message selected as without.
    pub(crate) fn is_for_the_window(self) -> bool {
        matches!(
            self,
            Self::Room(_)
                | Self::NextRoom
                | Self::PreviousRoom
                | Self::LastRoom
                | Self::NextUnread
                | Self::EditLast
                | Self::Help
        )
    }
}

/// An action with its name in the configuration, its keys, and what the help says; without that, it is what a shell
/// does with these keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding {
    /// What is done.
    pub(crate) action: Action,
    /// What it is called in `[keys]`, and as a command.
    pub(crate) name: &'static str,
    /// The keys, separated by commas; keys that follow each other by spaces. Every Alt+X is Esc X, too.
    pub(crate) keys: &'static str,
    pub(crate) help: &'static str,
}

const fn bind(action: Action, name: &'static str, keys: &'static str, help: &'static str) -> Binding {
    Binding {
        action,
        name,
        keys,
        help,
    }
}

/// The keys as they are unless the user has others.
#[rustfmt::skip]
pub(crate) const BINDINGS: &[Binding] = &[
    bind(Action::Send, "send", "Enter", "sends"),
    bind(Action::NewLine, "new-line", "Alt+Enter, Ctrl+J, Shift+Enter, Ctrl+Enter", "new line, as a \\ before Enter"),
    bind(Action::Complete, "complete", "Tab", "completes a command or a name"),
    bind(Action::Interrupt, "interrupt", "Ctrl+C", "clears the draft (Ctrl+Y brings it back), then asks to leave"),
    bind(Action::EndOfInput, "end-of-input", "Ctrl+D", "deletes forward, or asks to leave"),
    bind(Action::Dismiss, "dismiss", "Esc", "takes back what was begun; else selects a message: ? shows how"),
    bind(Action::Up, "up", "Up", "a row up"),
    bind(Action::Down, "down", "Down", "a row down"),
    bind(Action::PageUp, "page-up", "PageUp", "a page up"),
    bind(Action::PageDown, "page-down", "PageDown", "a page down"),
    bind(Action::Top, "top", "Ctrl+Home, Alt+<", "to the oldest message"),
    bind(Action::Bottom, "bottom", "Ctrl+End, Alt+>", "to the newest"),
    bind(Action::EditLast, "edit-last", "Alt+E", "changes your last message"),
    bind(Action::OlderSent, "older-sent", "Ctrl+P", "what you sent before"),
    bind(Action::NewerSent, "newer-sent", "Ctrl+N", "what you sent after"),
    bind(Action::SearchSent, "search-sent", "Ctrl+R", "searches what you sent"),
    bind(Action::Compose, "editor", "Ctrl+X e, Ctrl+X Ctrl+E", "writes in your $EDITOR"),
    bind(Action::Undo, "undo", "Ctrl+_", "undoes"),
    bind(Action::Room(1), "room-1", "Alt+1, Ctrl+X 1", "room 1, and so on to 9"),
    bind(Action::Room(2), "room-2", "Alt+2, Ctrl+X 2", ""),
    bind(Action::Room(3), "room-3", "Alt+3, Ctrl+X 3", ""),
    bind(Action::Room(4), "room-4", "Alt+4, Ctrl+X 4", ""),
    bind(Action::Room(5), "room-5", "Alt+5, Ctrl+X 5", ""),
    bind(Action::Room(6), "room-6", "Alt+6, Ctrl+X 6", ""),
    bind(Action::Room(7), "room-7", "Alt+7, Ctrl+X 7", ""),
    bind(Action::Room(8), "room-8", "Alt+8, Ctrl+X 8", ""),
    bind(Action::Room(9), "room-9", "Alt+9, Ctrl+X 9", ""),
    bind(Action::NextRoom, "next-room", "Alt+N, Ctrl+X N", "next room"),
    bind(Action::PreviousRoom, "previous-room", "Alt+P, Ctrl+X P", "room before"),
    bind(Action::LastRoom, "last-room", "Alt+0, Ctrl+X 0", "back to the room you came from"),
    bind(Action::NextUnread, "next-unread", "Alt+A, Ctrl+X A", "next room in which something waits"),
    bind(Action::Select, "browse", "", ""),
    bind(Action::Suspend, "suspend", "Ctrl+Z", "suspends"),
    bind(Action::Bare, "bare", "Alt+V", "only the texts, for the terminal's own selection; again: everything"),
    bind(Action::Redraw, "redraw", "Ctrl+L", "draws anew"),
    bind(Action::Lock, "lock-screen", "Ctrl+X L", "locks the screen"),
    bind(Action::Panic, "panic", "Ctrl+X Ctrl+X Ctrl+X", "wipes everything, leaves and quits at once"),
    bind(Action::Help, "show-help", "F1", "shows this"),
    bind(Action::Left, "left", "Left, Ctrl+B", ""),
    bind(Action::Right, "right", "Right, Ctrl+F", ""),
    bind(Action::WordLeft, "word-left", "Alt+B, Ctrl+Left, Alt+Left", ""),
    bind(Action::WordRight, "word-right", "Alt+F, Ctrl+Right, Alt+Right", ""),
    bind(Action::Home, "home", "Ctrl+A, Home", ""),
    bind(Action::End, "end", "Ctrl+E, End", ""),
    bind(Action::Backspace, "backspace", "Backspace, Ctrl+H, Shift+Backspace", ""),
    bind(Action::Delete, "delete-next", "Delete", ""),
    bind(Action::KillToEnd, "kill-to-end", "Ctrl+K", ""),
    bind(Action::KillToStart, "kill-to-start", "Ctrl+U", ""),
    bind(Action::KillWord, "kill-word", "Ctrl+W, Alt+Backspace, Ctrl+Backspace", ""),
    bind(Action::KillNextWord, "kill-next-word", "Alt+D, Alt+Delete, Ctrl+Delete", ""),
    bind(Action::Yank, "yank", "Ctrl+Y", ""),
    bind(Action::YankEarlier, "yank-earlier", "Alt+Y", ""),
    bind(Action::Transpose, "transpose", "Ctrl+T", ""),
];

/// The keys while a message is selected. Those of the other table count, too, where these do not say otherwise.
#[rustfmt::skip]
pub(crate) const BROWSING: &[Binding] = &[
    bind(Action::Browse(Browsing::Older), "older-message", "k, Up", "the message above"),
    bind(Action::Browse(Browsing::Newer), "newer-message", "j, Down", "the message below"),
    bind(Action::Browse(Browsing::PageUp), "older-page", "PageUp", "a page up"),
    bind(Action::Browse(Browsing::PageDown), "newer-page", "PageDown, Space", "a page down"),
    bind(Action::Browse(Browsing::Oldest), "oldest-message", "g, Home", "the oldest message"),
    bind(Action::Browse(Browsing::Newest), "newest-message", "G, End", "the newest message"),
    bind(Action::Browse(Browsing::Find), "find", "/", "searches upwards"),
    bind(Action::Browse(Browsing::FindNext), "find-next", "n", "what is found next"),
    bind(Action::Browse(Browsing::FindPrevious), "find-previous", "N", "what was found before"),
    bind(Action::Browse(Browsing::Reply), "reply", "r", "answers the message"),
    bind(Action::Browse(Browsing::Edit), "edit-message", "e", "changes it, if it is yours"),
    bind(Action::Browse(Browsing::Delete), "delete-message", "d", "deletes it, if it is yours"),
    bind(Action::Browse(Browsing::React), "react", "+", "reacts to it"),
    bind(Action::Browse(Browsing::Copy), "copy", "y", "copies its text"),
    bind(Action::Browse(Browsing::Open), "open", "o", "opens its link"),
    bind(Action::Browse(Browsing::Stay), "stay", "i, Enter", "back to typing, at this place; Esc: where you were"),
    bind(Action::Browse(Browsing::Help), "browse-help", "?", "shows these keys"),
];
