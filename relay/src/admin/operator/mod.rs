//! `sotto-relay room`: the operator's hand in the room database, while a relay runs or not.
//!
//! A relay that uses the file sees what has changed within a second.

mod defaults;
mod owner;

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::json;
use sotto_protocol::room_id::{RoomId, RoomIdError};

use crate::{
    clock::Day,
    limits,
    rooms::{Hashed, Standing},
    store::{Added, Database, Listed, StoreError, Waiting},
};
pub use defaults::become_service;
pub(crate) use defaults::is_service;

/// Add, list and remove rooms, while the relay runs
#[derive(Debug, Args)]
pub struct Room {
    /// The room database [default: $SOTTO_RELAY_DB, else that of /etc/default/sotto-relay]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) db: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the operator does to rooms.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let a room in, or change its note; it stays until it is removed
    ///
    /// Who wants the room prints its id with `sotto room-id`. It lets nobody join.
    Add {
        /// The room id, or its two hashes as two words; - reads it from standard input
        #[arg(value_name = "ID", required = true, num_args = 1..=2)]
        id: Vec<String>,
        /// Take another access hash for a room that is there already: members who have the one it had are shut out
        #[arg(long)]
        replace: bool,
        /// What to call it in the list
        #[arg(long, value_name = "TEXT", value_parser = note)]
        note: Option<String>,
    },
    /// List the rooms that the relay knows
    List {
        /// One JSON object a line: room, made, used, by, note
        #[arg(long)]
        json: bool,
    },
    /// Remove a room: its members are told and shut out
    Remove {
        /// The room, or the first digits of it
        #[arg(value_name = "ROOM", value_parser = prefix)]
        room: String,
    },
    /// End what goes on in a room: its members are told and shut out, and may join it again
    Expire {
        /// The room, or the first digits of it
        #[arg(value_name = "ROOM", value_parser = prefix)]
        room: String,
    },
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Nobody says which file.
    #[error("which room database? give --db FILE, or set SOTTO_RELAY_DB")]
    NoFile,
    /// A mistake when it was copied.
    #[error(transparent)]
    RoomId(#[from] RoomIdError),
    /// A mistake when they were copied.
    #[error("the two hashes are the same: sotto room-id prints two different ones")]
    SameHash,
    /// Nothing on standard input, or not text.
    #[error("cannot read a room id from standard input: {0}")]
    Input(#[source] io::Error),
    /// Its members would be locked out.
    #[error(
        "the room {0} is there with another access hash: nothing has changed. With --replace it takes this one, and \
         members who have the other are shut out"
    )]
    OtherAccess(String),
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not in the list.
    #[error("no room begins with {0}: sotto-relay room list shows them")]
    NoRoom(String),
    /// More than one begins so.
    #[error("{1} rooms begin with {0}: give more digits")]
    SeveralRooms(String, usize),
    /// The system does not let us act as the service's user.
    #[error("cannot run as the service's user: {0}")]
    Again(#[source] io::Error),
    /// Nobody reads what we print.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl OperatorError {
    /// Whether it is the command line that is wrong.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoFile | Self::SameHash | Self::RoomId(_))
    }
}

impl Room {
    /// Does it. `relays_db`: the file that the relay's own options name.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub fn run(self, relays_db: Option<PathBuf>, out: &mut impl Write) -> Result<(), OperatorError> {
        let path = (self.db.or(relays_db))
            .or_else(defaults::db)
            .ok_or(OperatorError::NoFile)?;
        // Standard input is left to whom this process may become.
        if let Command::Add { id, .. } = &self.command
            && !is_on_stdin(id)
        {
            room_id(id)?;
        }
        // Else the relay could not read what root leaves beside the file.
        match owner::other_owner(&path) {
            // That user may not read where we have it from.
            Some(user) => Err(owner::start_again(
                Some(user),
                [("SOTTO_RELAY_DB".to_owned(), path)],
            )),
            None => self.command.run(&path, out),
        }
    }
}

impl Command {
    fn run(self, path: &Path, out: &mut impl Write) -> Result<(), OperatorError> {
        let mut file = Database::open_beside(path)?;
        match self {
            Self::Add { id, replace, note } => {
                let id = room_id(&id)?;
                let shown = shortened(&id.room);
                let said = match file.add(&id, note.as_deref(), replace, Day::today())? {
                    Added::New => format!("added {shown}"),
                    Added::Known => format!("{shown} is already there"),
                    Added::Replaced => format!("{shown} has another access hash from now on"),
                    Added::Refused => return Err(OperatorError::OtherAccess(shown)),
                };
                writeln!(out, "{said}")?;
            }
            Self::List { json } => {
                let mut rooms = file.list()?;
                rooms.sort_by_key(|room| (std::cmp::Reverse(room.record.standing), room.record.made));
                let waiting = file.waiting()?;
                match json {
                    true => write_json(&rooms, &waiting, out)?,
                    false => write_list(&rooms, &waiting, out)?,
                }
            }
            Self::Remove { room } => {
                file.remove(&find(&file, &room)?)?;
            }
            Self::Expire { room } => {
                file.end(&find(&file, &room)?)?;
            }
        }
        Ok(())
    }
}

fn find(file: &Database, prefix: &str) -> Result<Hashed, OperatorError> {
    let begins = |name: &Hashed| hex::encode(name).starts_with(prefix);
    let found: Vec<Hashed> = (file.list()?.into_iter())
        .map(|room| room.name)
        .filter(begins)
        .collect();
    match found[..] {
        [name] => Ok(name),
        [] => Err(OperatorError::NoRoom(prefix.to_owned())),
        _ => Err(OperatorError::SeveralRooms(prefix.to_owned(), found.len())),
    }
}

fn by(room: &Listed) -> &'static str {
    match room.record.standing {
        Standing::Operators => "operator",
        Standing::Met | Standing::Tried => "stranger",
    }
}

fn write_json(rooms: &[Listed], waiting: &HashMap<Hashed, Waiting>, out: &mut impl Write) -> io::Result<()> {
    for room in rooms {
        let waits = waiting.get(&room.name);
        let line = json!({
            "room": hex::encode(room.name),
            "made": room.record.made.to_string(),
            "used": room.record.used.to_string(),
            "by": by(room),
            "note": room.note,
            "waiting": waits.map_or(0, |waiting| waiting.blobs),
            "waiting_until": waits.map(|waiting| waiting.until.to_string()),
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn write_list(rooms: &[Listed], waiting: &HashMap<Hashed, Waiting>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:64}  {:10}  {:10}  {:8}  {:19}  NOTE",
        "ROOM", "MADE", "USED", "BY", "WAITING"
    )?;
    for room in rooms {
        let waits = waiting.get(&room.name).map_or_else(
            || "-".to_owned(),
            |waiting| format!("{} until {}", waiting.blobs, waiting.until),
        );
        let line = format!(
            "{}  {}  {}  {}  {waits:19}  {}",
            hex::encode(room.name),
            room.record.made,
            room.record.used,
            by(room),
            room.note.as_deref().unwrap_or_default()
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    out.flush()
}

fn is_on_stdin(given: &[String]) -> bool {
    given == ["-"]
}

/// A room id from the command line, or from standard input.
fn room_id(given: &[String]) -> Result<RoomId, OperatorError> {
    let line;
    let words: Vec<&str> = if is_on_stdin(given) {
        line = first_line(io::stdin().lock()).map_err(OperatorError::Input)?;
        line.split_whitespace().collect()
    } else {
        given.iter().map(String::as_str).collect()
    };
    match words[..] {
        [room, access] => {
            let id = RoomId {
                room: table_hash(room)?,
                access: table_hash(access)?,
            };
            if id.room == id.access {
                return Err(OperatorError::SameHash);
            }
            Ok(id)
        }
        [id] => Ok(id.parse()?),
        _ => Err(RoomIdError::Form.into()),
    }
}

fn first_line(input: impl Read) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(input.take(LONGEST_LINE)).read_line(&mut line)?;
    Ok(line)
}

fn table_hash(text: &str) -> Result<Hashed, RoomIdError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| RoomIdError::Form)?;
    Ok(bytes)
}

/// As many digits as tell rooms apart, and `remove` takes.
fn shortened(name: &Hashed) -> String {
    hex::encode(&name[..4])
}

/// Bytes of a line with a room id, and some room for spaces.
const LONGEST_LINE: u64 = 1024;

/// Fewer digits are a slip of the hand.
const SHORTEST_PREFIX: usize = 4;

fn prefix(text: &str) -> Result<String, String> {
    let hexadecimal = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if hexadecimal && (SHORTEST_PREFIX..=64).contains(&text.len()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("it must be 4 to 64 hexadecimal digits, as sotto-relay room list prints them".to_owned())
    }
}

fn note(text: &str) -> Result<String, String> {
    if text.chars().count() <= limits::NOTE && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("it must be one line of at most 200 characters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fits_is_taken_from_the_command_line() {
        assert_eq!(table_hash(&"0a".repeat(32)), Ok([10; 32]));
        assert!(table_hash("0a").is_err() && table_hash(&"0g".repeat(32)).is_err());
        assert_eq!(prefix("00FF"), Ok("00ff".to_owned()));
        assert!(prefix("00f").is_err() && prefix("00fx").is_err() && prefix(&"0".repeat(65)).is_err());
        assert!(note("anna & ben").is_ok());
        assert!(note("two\nlines").is_err() && note(&"x".repeat(201)).is_err());
    }
}
