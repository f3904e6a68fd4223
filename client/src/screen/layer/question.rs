//! What is asked on the event line while a message is selected: what to look for, a reaction, a yes.

use sotto_protocol::message::MAX_REACTION;

use super::{Ctx, Layer, Taken};
use crate::room::Command;
use crate::screen::conversation::browse::Question;
use crate::screen::effect::Effect;
use crate::screen::keymap::action::Action;
use crate::screen::text::search::Needle;
use crate::screen::text::visible::visible_line;

/// The reactions that have a key, from 1 on.
const REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];
/// The longest text that is searched for, in bytes.
const MAX_NEEDLE: usize = 200;

impl Question {
    /// What the event line says.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Needle(text) => format!("/{}▏", visible_line(text)),
            Self::Reaction(text) if text.is_empty() => {
                let keys = REACTIONS.iter().enumerate();
                let keys: Vec<_> = keys.map(|(at, one)| format!("{} {one}", at + 1)).collect();
                format!("{} or type one; Enter takes yours back", keys.join("  "))
            }
            Self::Reaction(text) => format!("react with {}▏ Enter", visible_line(text)),
            Self::Link(links) => {
                let links = links.iter().enumerate();
                let links: Vec<_> = links.map(|(at, link)| format!("{} {link}", at + 1)).collect();
                format!("open {}", links.join("  "))
            }
            Self::Delete => "delete it for everybody? y or Enter deletes".to_owned(),
        }
    }
}

impl Layer for Question {
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        match action {
            Action::Lock => return Taken::Pass,
            Action::Dismiss | Action::Interrupt => return Taken::Close,
            _ => {}
        }
        let asks_on = match self {
            Self::Needle(text) if action == Action::Send => {
                look_for(text, ctx);
                false
            }
            Self::Needle(text) => typed(text, action, MAX_NEEDLE),
            Self::Reaction(text) => match (action, text.is_empty()) {
                (Action::Send, _) => react(text, ctx),
                (Action::Insert(c @ '1'..='6'), true) => react(REACTIONS[usize::from(c as u8 - b'1')], ctx),
                _ => typed(text, action, MAX_REACTION),
            },
            Self::Link(links) => {
                if let Action::Insert(c) = action {
                    let number = c
                        .to_digit(10)
                        .and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
                    let link = number.and_then(|number| links.get(number).cloned());
                    ctx.effects.extend(link.map(Effect::OpenLink));
                }
                false
            }
            Self::Delete => {
                // Not the key that asked: it is typed twice in many a word.
                if matches!(action, Action::Insert('y') | Action::Send) {
                    let selected = ctx.rooms.current().selected();
                    let command = selected.map(|said| Command::Delete { id: said.id });
                    order(command, ctx);
                }
                false
            }
        };
        if asks_on { Taken::Keep } else { Taken::Close }
    }
}

fn look_for(text: &str, ctx: &mut Ctx<'_>) {
    let room = ctx.rooms.current_mut();
    if let (Some(needle), Some(browse)) = (Needle::new(text), &mut room.browse) {
        browse.needle = Some(needle);
    }
    if let Err(why) = room.find(true, ctx.measure, ctx.height) {
        ctx.notice.say(why, ctx.moment.now);
    }
}

/// Nothing is asked any more then.
fn react(reaction: &str, ctx: &mut Ctx<'_>) -> bool {
    let room = ctx.rooms.current();
    let command = room.selected().map(|said| Command::React {
        target: room.target_of(said),
        reaction: reaction.to_owned(),
    });
    order(command, ctx);
    false
}

fn order(command: Option<Command>, ctx: &mut Ctx<'_>) {
    let room = ctx.rooms.current_id();
    ctx.effects
        .extend(command.map(|command| Effect::Do { room, command }));
}

/// A key of a short text. False when the text was given up.
fn typed(text: &mut String, action: Action, limit: usize) -> bool {
    match action {
        Action::Insert(c) if c != '\t' && text.len() + c.len_utf8() <= limit => text.push(c),
        Action::Backspace => return text.pop().is_some(),
        Action::KillToStart | Action::KillWord => text.clear(),
        _ => {}
    }
    true
}
