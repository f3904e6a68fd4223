//! What a line of the input means: something to say, a command, or a slip.

use sotto_protocol::Name;
use sotto_protocol::fading::Fading;

use crate::screen::conversation::disappearing;
use crate::screen::keymap;
use crate::screen::keymap::action::Action;

/// The commands, as `/help` shows them.
#[rustfmt::skip]
pub(crate) const HELP: &[(&str, &str)] = &[
    ("/help keys", "every action by its name, which is a command, too"),
    ("/who", "who is here, the room's words"),
    ("/verify", "the safety words, and what to do with them"),
    ("/remember", "this room is remembered on this machine, sealed; /remember no forgets it"),
    ("/me waves", "says what you do"),
    ("/name NAME", "takes another name"),
    ("/edit TEXT", "changes your last message"),
    ("/browse", "selects a message, as Esc on an empty line"),
    ("/reply", "answers the newest message of another"),
    ("/react", "reacts to it"),
    ("/copy", "copies the text of the newest message"),
    ("/open", "opens the newest link"),
    ("/search TEXT", "searches what was said"),
    ("/bare", "only the texts, for the terminal's own selection; again: all"),
    ("/editor", "writes in $VISUAL or $EDITOR"),
    ("/delete", "deletes your last message"),
    ("/keep", "leaves on the relay what nobody is here to get"),
    ("/kept", "what waits on the relay"),
    ("/invite", "what to hand over, as the host"),
    ("/release NAME", "sends what waits for NAME's new run"),
    ("/burn", "destroys the room for everybody"),
    ("/join URL|ROOM", "joins another room, by URL, of config.toml or this relay"),
    ("/next", "shows the next room in which something waits"),
    ("/room NUMBER|NAME", "shows that room"),
    ("/lock", "blank until the passphrase is given"),
    ("/save FILE", "writes the talk into a new file, in clear"),
    ("/fade 10m|off", "messages go so long after they are read, if all agree"),
    ("/clear", "takes the talk off this screen; the others keep theirs"),
    ("/away WHY", "says so; nothing counts as read until you say something"),
    ("/mute", "no notice of what comes in this room, or again"),
    ("/leave", "leaves this room"),
    ("/quit", "leaves all rooms"),
    ("//…", "says something that begins with a slash"),
];

/// The words that commands begin with.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    let words = HELP.iter().filter_map(|(what, _)| what.split(' ').next());
    words.filter(|word| *word != "//…")
}

/// A command of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Shows keys and commands.
    Help {
        /// Every action by its name instead.
        keys: bool,
    },
    /// Does what a key does.
    Act(Action),
    /// Shows who is here.
    Who,
    /// Leaves all rooms.
    Quit,
    /// Joins another room: a relay's URL, or a room of this relay.
    Join(String),
    /// Shows a room, by its number or title.
    Room(String),
    /// Makes the screen blank until a passphrase is given.
    Lock,
    /// Takes what was said off the screen.
    Clear,
    /// Writes the talk into a new file; `sure` after the word yes.
    Save {
        /// Which file.
        file: String,
        /// The word yes was there.
        sure: bool,
    },
    /// Says what we want of messages that fade; with nothing, shows how it stands.
    Fade(Option<Fading>),
    /// Nothing counts as read here until we say something; the others are told, with a reason if there is one.
    Away(String),
    /// No notice of what comes here, or notice again.
    Mute,
    /// Leaves the room on the screen.
    Leave,
    /// Shows the next room in which something waits.
    Next,
    /// Takes another name.
    Name(Name),
    /// Remembers the room from now on, or forgets it.
    Remember(bool),
    /// Shows the safety words.
    Verify,
    /// The safety words were compared: with the one named, or with the only one.
    Verified(Option<String>),
    /// Lets go what was withheld, for the one named or the only one.
    Release(Option<String>),
    /// Changes the last message of ours.
    Edit(String),
    /// Deletes the last message of ours.
    Delete,
    /// Leaves on the relay what nobody is here to get.
    Keep,
    /// Shows what waits there.
    Kept,
    /// Searches what was said.
    Search(String),
    /// Shows again what to hand over.
    Invite,
    /// Destroys the room; `sure` after the word yes.
    Burn {
        /// The word yes was there.
        sure: bool,
    },
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// To be said.
    Say(String),
    /// To be done.
    Do(Command),
    /// Neither; why. Nothing of it is sent.
    Wrong(String),
    /// It begins with spaces and a slash: probably a command, so not sent without a second Enter.
    Slip,
}

/// Reads a line. A text that begins with `/` is never sent unless it is `/me` or begins with a second slash.
pub(crate) fn parse(line: &str) -> Line {
    let Some(rest) = line.strip_prefix('/') else {
        let slip = line.starts_with(char::is_whitespace) && line.trim_start().starts_with('/');
        return if slip {
            Line::Slip
        } else {
            Line::Say(line.to_owned())
        };
    };
    if rest.starts_with('/') {
        return Line::Say(rest.to_owned());
    }
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let argument = argument.trim();
    match known(word, argument) {
        Some(Ok(Command::Edit(text))) if text.is_empty() => {
            Line::Wrong("/edit needs the new text".to_owned())
        }
        Some(Ok(command)) => Line::Do(command),
        Some(Err(why)) => Line::Wrong(why),
        None if word == "me" && !argument.is_empty() => Line::Say(format!("/me {argument}")),
        None if word == "me" => Line::Wrong("/me needs something that you do".to_owned()),
        None => Line::Wrong(format!(
            "there is no command /{word}: /help lists them, // sends a slash"
        )),
    }
}

fn known(word: &str, argument: &str) -> Option<Result<Command, String>> {
    let bare = |command| match argument {
        "" => Ok(command),
        _ => Err(format!("/{word} takes nothing after it; nothing was sent")),
    };
    let named = || (!argument.is_empty()).then(|| argument.to_owned());
    Some(match word {
        "help" => match argument {
            "" => Ok(Command::Help { keys: false }),
            "keys" => Ok(Command::Help { keys: true }),
            _ => Err("it is /help, or /help keys for every action by its name".to_owned()),
        },
        "who" => bare(Command::Who),
        "quit" => bare(Command::Quit),
        "leave" => bare(Command::Leave),
        "join" => Ok(Command::Join(argument.to_owned())),
        "room" if argument.is_empty() => Err("/room needs a number or a name".to_owned()),
        "room" => Ok(Command::Room(argument.to_owned())),
        "lock" => bare(Command::Lock),
        "clear" => bare(Command::Clear),
        "save" => match argument.split_once(char::is_whitespace) {
            Some(("yes", file)) => Ok(Command::Save {
                file: file.trim().to_owned(),
                sure: true,
            }),
            _ if matches!(argument, "" | "yes") => Err("/save needs a file".to_owned()),
            _ => Ok(Command::Save {
                file: argument.to_owned(),
                sure: false,
            }),
        },
        "fade" if argument.is_empty() => Ok(Command::Fade(None)),
        "fade" => disappearing::parse(argument).map(|fading| Command::Fade(Some(fading))),
        "away" => Ok(Command::Away(argument.to_owned())),
        "mute" => bare(Command::Mute),
        "next" => bare(Command::Next),
        "delete" => bare(Command::Delete),
        "keep" => bare(Command::Keep),
        "kept" => bare(Command::Kept),
        "invite" => bare(Command::Invite),
        "name" => Name::new(argument)
            .map(Command::Name)
            .map_err(|error| error.to_string()),
        "release" => Ok(Command::Release(named())),
        "search" if argument.is_empty() => Err("/search needs a text".to_owned()),
        "search" => Ok(Command::Search(argument.to_owned())),
        "edit" => Ok(Command::Edit(argument.to_owned())),
        "verify" => match argument.split_once(char::is_whitespace).unwrap_or((argument, "")) {
            ("", _) => Ok(Command::Verify),
            ("yes", "") => Ok(Command::Verified(None)),
            ("yes", name) => Ok(Command::Verified(Some(name.trim().to_owned()))),
            _ => Err("it is /verify, or /verify yes NAME when the words are the same".to_owned()),
        },
        "remember" => match argument {
            "" => Ok(Command::Remember(true)),
            "no" => Ok(Command::Remember(false)),
            _ => Err("it is /remember, or /remember no to forget the room".to_owned()),
        },
        "burn" => match argument {
            "" => Ok(Command::Burn { sure: false }),
            "yes" => Ok(Command::Burn { sure: true }),
            _ => Err("it is /burn yes".to_owned()),
        },
        _ => bare(Command::Act(keymap::named(word)?.action)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::action::{BINDINGS, BROWSING};

    #[test]
    fn an_unknown_command_is_never_said() {
        for line in [
            "/",
            "/quti",
            "/window close",
            "/usr/bin/env",
            "/quit now",
            "/burn it",
            "/me",
            "/edit",
        ] {
            assert!(matches!(parse(line), Line::Wrong(_)), "{line}");
        }
        assert_eq!(parse(" /quit"), Line::Slip);
    }

    #[test]
    fn every_action_is_a_command_by_its_name() {
        for binding in BINDINGS.iter().chain(BROWSING) {
            let line = format!("/{}", binding.name);
            assert_eq!(parse(&line), Line::Do(Command::Act(binding.action)), "{line}");
        }
    }

    #[test]
    fn a_second_slash_says_the_first() {
        assert_eq!(parse("//usr/bin"), Line::Say("/usr/bin".to_owned()));
        assert_eq!(parse("and/or"), Line::Say("and/or".to_owned()));
        assert_eq!(parse("/me waves "), Line::Say("/me waves".to_owned()));
    }

    #[test]
    fn commands_have_their_arguments() {
        assert_eq!(parse("/quit "), Line::Do(Command::Quit));
        assert_eq!(
            parse("/verify yes anna b"),
            Line::Do(Command::Verified(Some("anna b".to_owned())))
        );
        assert_eq!(parse("/burn yes"), Line::Do(Command::Burn { sure: true }));
        assert_eq!(
            parse("/edit two\nlines"),
            Line::Do(Command::Edit("two\nlines".to_owned()))
        );
        assert!(matches!(parse("/save"), Line::Wrong(_)));
        assert!(matches!(parse("/save yes"), Line::Wrong(_)));
        let save = |file: &str, sure| {
            let file = file.to_owned();
            Line::Do(Command::Save { file, sure })
        };
        assert_eq!(parse("/save my talk.txt"), save("my talk.txt", false));
        assert_eq!(parse("/save yes my talk.txt"), save("my talk.txt", true));
        assert!(matches!(parse("/name Zoë"), Line::Do(Command::Name(_))));
    }
}
