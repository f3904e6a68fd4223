//! The rooms with names.

use sotto_protocol::RoomName;
use toml_edit::Item;

use super::Reader;
use crate::relay_url::Invitation;
use crate::screen::settings::RoomEntry;

impl Reader<'_> {
    pub(super) fn rooms(&mut self, item: &Item, rooms: &mut Vec<RoomEntry>) {
        let tables = item.as_array_of_tables();
        let tables = self.wanted("room", item, tables, "tables of its own: [[room]]");
        for table in tables.into_iter().flatten() {
            let (mut name, mut relay, mut room, mut remember, mut passphrase_command) =
                (None, None, None, None, None);
            for (key, item) in table.iter() {
                match key {
                    "name" => name = self.read(key, item, |text| room_entry_name(text, rooms)),
                    "relay" => {
                        relay = self.read(key, item, |text| {
                            text.parse::<Invitation>().map_err(|error| error.to_string())
                        })
                    }
                    "room" => {
                        room = self.read(key, item, |text| {
                            RoomName::new(text).map_err(|error| error.to_string())
                        })
                    }
                    "remember" => {
                        remember = self.wanted(key, item, item.as_bool(), "true or false");
                    }
                    "passphrase_command" => passphrase_command = self.string(key, item).map(str::to_owned),
                    _ => self.unknown(
                        table,
                        key,
                        "setting of a room",
                        "name, relay, room, remember and passphrase_command",
                    ),
                }
            }
            match (name, relay) {
                (Some(name), Some(relay)) if relay.room.is_some() && room.is_some() && relay.room != room => {
                    self.complain(
                        table.span(),
                        format!("the room {name:?} is named by its relay and by room, differently"),
                    );
                }
                (Some(name), Some(relay)) => rooms.push(RoomEntry {
                    name,
                    relay,
                    room,
                    remember,
                    passphrase_command,
                }),
                // What is wrong with the one that is there was said.
                _ if table.contains_key("name") && table.contains_key("relay") => {}
                _ => self.complain(
                    table.span(),
                    "a [[room]] needs a name and a relay; this one does not count".to_owned(),
                ),
            }
        }
    }
}

fn room_entry_name(text: &str, rooms: &[RoomEntry]) -> Result<String, String> {
    if text.is_empty()
        || text.contains([':', '/', '#', '?'])
        || text.starts_with('-')
        || text.chars().any(char::is_control)
    {
        return Err("a room's name here has no :, /, # or ?, which URLs have, and no - in front".to_owned());
    }
    if rooms.iter().any(|room| room.name == text) {
        return Err(format!("there are two rooms called {text:?}; the first counts"));
    }
    Ok(text.to_owned())
}
