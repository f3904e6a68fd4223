//! What is remembered of a room from one run to the next, as the user is told of it.

use sotto_protocol::instance::Recognition;
use sotto_protocol::memory::Unsent;

use super::Conversation;
use crate::memory::{Found, LOST, OLDER};
use crate::room::Remembered;
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::{Author, Content, Marks, Said};

/// What remembering is, to one who has not asked for it.
const OFFER: &str = "/remember keeps what waits here for the next time, and whom you have compared words with: in one file on \
     this machine, sealed under the passphrase. Without it nothing of this room touches the disk";

impl Conversation {
    /// Something of the room's memory.
    pub(super) fn remembered(&mut self, told: Remembered, at: Clock) {
        match told {
            Remembered::Opened { found, unsent } => {
                self.is_remembered = true;
                match found {
                    Found::New => self
                        .list
                        .quiet(at, "this room is remembered from now on".to_owned()),
                    Found::AsLeft => {}
                    Found::Lost => self.list.push(at, Content::Loud(LOST.to_owned())),
                    Found::Older => self.list.push(at, Content::Loud(OLDER.to_owned())),
                }
                self.taken_over(unsent, at);
            }
            Remembered::Failed(why) => {
                self.is_remembered = false;
                self.list
                    .push(at, Content::Loud(format!("not remembered: {why}")));
            }
            Remembered::Again => {
                self.is_remembered = true;
                self.list.quiet(at, "remembered again".to_owned());
            }
        }
    }

    /// Who one is that has just come, by what is remembered.
    pub(super) fn recognised(&mut self, name: &str, who: Recognition, at: Clock) {
        let loud = match who {
            Recognition::Stranger => return,
            Recognition::Same { since, .. } => {
                let since = Clock::of(since).date(at);
                return self.list.quiet(at, format!("the same {name} as on {since}"));
            }
            Recognition::Namesake { since, .. } => {
                let since = Clock::of(since).date(at);
                let own = unnumbered(name);
                format!(
                    "{name} is not the {own} you know since {since}: it is somebody else, or has another machine or lost \
                     what it remembered. Compare the words (/verify) before you say anything"
                )
            }
            Recognition::Ourselves { .. } => {
                format!(
                    "{name} has a copy of your own memory: somebody has taken it, or you have put back a backup"
                )
            }
        };
        self.list.push(at, Content::Loud(loud));
    }

    /// What waits here since an earlier run.
    fn taken_over(&mut self, unsent: Vec<Unsent>, at: Clock) {
        let what = match unsent.len() {
            0 => return,
            1 => "1 message that nobody got yet waits here since then".to_owned(),
            count => format!("{count} messages that nobody got yet wait here since then"),
        };
        for unsent in unsent {
            let marks = Marks {
                to: unsent.to.len().max(1),
                ..Marks::default()
            };
            let said = Said {
                id: unsent.id,
                author: Author::Me(marks),
                name: self.me.to_string(),
                text: unsent.text,
                reply_to: unsent.reply_to,
                edited: false,
                deleted: false,
                fades: unsent.fades.into(),
                reactions: Vec::new(),
            };
            self.list.push(Clock::of(unsent.clock), Content::Said(said));
        }
        self.list.quiet(at, what);
    }

    /// Words were compared: asks once whether that is to be remembered.
    pub(super) fn offer_to_remember(&mut self, at: Clock) {
        if !self.is_remembered && std::mem::take(&mut self.offers_to_remember) {
            self.list.push(at, Content::Answer(OFFER.to_owned()));
        }
    }

    /// What was remembered is gone.
    pub(super) fn forgotten(&mut self, at: Clock) {
        self.is_remembered = false;
        self.list
            .quiet(at, "what was remembered of this room is gone".to_owned());
    }
}

/// A name without the number that tells it from the same name of another one who is here.
fn unnumbered(name: &str) -> &str {
    let numbered = name.rsplit_once('~');
    let numbered = numbered.filter(|(_, number)| number.bytes().all(|digit| digit.is_ascii_digit()));
    numbered.map_or(name, |(own, _)| own)
}
