//! Who is in the room.

use std::time::Duration;

use sotto_protocol::fading::Fading;
use sotto_protocol::instance::TYPING_SHOWN;
use sotto_protocol::message::InstanceId;
use sotto_protocol::name::{Name, Skeleton};
use sotto_protocol::words::SafetyWords;

use crate::screen::talk::clock::Clock;

/// The peers whose colour is remembered; the others share one.
const MAX_MET: usize = 64;

/// A peer with whom a session is confirmed.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: InstanceId,
    /// Its name, as no other one has it just now.
    pub(crate) name: String,
    /// What the name looks like that it gave itself.
    pub(crate) skeleton: Skeleton,
    pub(crate) words: SafetyWords,
    pub(crate) compared: bool,
    /// What it wants of messages that fade.
    pub(crate) fading: Fading,
    /// Since when it is here.
    pub(crate) since: Duration,
    /// Since when nothing was heard of it, while that is so: by both clocks.
    pub(crate) silent_since: Option<(Duration, Clock)>,
    /// Until when it is shown as typing.
    typing: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Met {
    id: InstanceId,
    skeleton: Skeleton,
    accent: usize,
}

/// The peers, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct People {
    here: Vec<Person>,
    /// Who came, those who left included: each has a colour that stays.
    met: Vec<Met>,
}

impl People {
    /// Somebody has come. One who was known keeps whether the words were compared.
    pub(crate) fn joined(
        &mut self,
        id: InstanceId,
        name: String,
        own: &Name,
        words: SafetyWords,
        compared: bool,
        now: Duration,
    ) {
        self.here.retain(|person| person.id != id);
        self.meet(id, own.skeleton());
        self.here.push(Person {
            id,
            name,
            skeleton: own.skeleton(),
            words,
            compared,
            fading: Fading::default(),
            since: now,
            silent_since: None,
            typing: None,
        });
    }

    /// Somebody has another name. Gives back the one before.
    pub(crate) fn renamed(&mut self, id: InstanceId, name: String, own: &Name) -> Option<String> {
        self.meet(id, own.skeleton());
        let person = self.get_mut(id)?;
        person.skeleton = own.skeleton();
        Some(std::mem::replace(&mut person.name, name))
    }

    /// Gives a colour: whoever looks like others by the name gets the one after theirs, which is another in any theme.
    fn meet(&mut self, id: InstanceId, skeleton: Skeleton) {
        let alike = self
            .met
            .iter()
            .filter(|met| met.id != id && met.skeleton == skeleton);
        let beside = alike.map(|met| met.accent + 1).max();
        let next = self.met.len();
        match self.met.iter_mut().find(|met| met.id == id) {
            Some(met) if met.skeleton == skeleton => {}
            Some(met) => {
                met.accent = beside.unwrap_or(met.accent);
                met.skeleton = skeleton;
            }
            None if next < MAX_MET => self.met.push(Met {
                id,
                skeleton,
                accent: beside.unwrap_or(next),
            }),
            None => {}
        }
    }

    /// Somebody is gone.
    pub(crate) fn left(&mut self, id: InstanceId) -> Option<Person> {
        let at = self.here.iter().position(|person| person.id == id)?;
        Some(self.here.remove(at))
    }

    /// The number of its colour.
    pub(crate) fn accent(&self, id: InstanceId) -> usize {
        let met = self.met.iter().find(|met| met.id == id);
        met.map_or(MAX_MET, |met| met.accent)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    /// How many are here.
    pub fn len(&self) -> usize {
        self.here.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.here.iter()
    }

    pub(crate) fn get_mut(&mut self, id: InstanceId) -> Option<&mut Person> {
        self.here.iter_mut().find(|person| person.id == id)
    }

    /// The one of this name; without a name, the only one.
    ///
    /// # Errors
    /// A sentence, when it is nobody or could be several.
    pub(crate) fn named(&self, name: Option<&str>) -> Result<&Person, String> {
        match (name, self.here.as_slice()) {
            (Some(name), people) => people
                .iter()
                .find(|person| person.name == name)
                .ok_or_else(|| format!("nobody here is called {name}: /who lists who is")),
            (None, [person]) => Ok(person),
            (None, []) => Err("nobody else is here".to_owned()),
            (None, _) => Err("several are here: give the name, too".to_owned()),
        }
    }

    /// Somebody types, or has stopped to.
    pub(crate) fn typing(&mut self, id: InstanceId, on: bool, now: Duration) {
        if let Some(person) = self.get_mut(id) {
            person.typing = on.then(|| now + TYPING_SHOWN);
        }
    }

    /// The names of those who type.
    pub(crate) fn typists(&self, now: Duration) -> Vec<&str> {
        let typing = |person: &&Person| person.typing.is_some_and(|until| until > now);
        self.here
            .iter()
            .filter(typing)
            .map(|person| person.name.as_str())
            .collect()
    }

    /// When the next typing notice expires.
    pub(crate) fn next_expiry(&self, now: Duration) -> Option<Duration> {
        self.here
            .iter()
            .filter_map(|person| person.typing)
            .filter(|until| *until > now)
            .min()
    }
}
