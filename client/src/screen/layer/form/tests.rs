use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::buffer::CellWidth;
use sotto_protocol::{Passphrase, RoomName};

use super::view::draw;
use super::{Effect, Field, Form, Input, Stage};
use crate::open::ticket::Ticket;
use crate::relay_url::Invitation;
use crate::screen::settings::Settings;
use crate::secret::rater::Rater;

const STRONG: &str = "excretion railing unjustly crunchy divisive strudel";

/// A form, and what came out of it so far.
struct Script {
    form: Form,
    now: Duration,
    effects: Vec<Effect>,
}

impl Script {
    fn new((width, height): (u16, u16), relay: &str, name: &str) -> Self {
        Self {
            form: Form::new((width, height), relay, name, &Settings::default()),
            now: Duration::from_secs(100),
            effects: Vec::new(),
        }
    }

    /// All but the passphrase is filled in.
    fn known() -> Self {
        Self::new((80, 24), "ws://127.0.0.1:4000/#room=kdwqzmra", "ben")
    }

    fn input(&mut self, input: Input) -> &mut Self {
        for effect in self.form.update(input, self.now) {
            match effect {
                Effect::Rate => {
                    let strength = Rater::default().rate(self.form.passphrase.expose());
                    self.input(Input::Rated(strength));
                }
                Effect::Generate => {
                    let passphrase = Passphrase::generate(6, &mut rand::rng()).unwrap();
                    let room = RoomName::generate(&mut rand::rng());
                    self.input(Input::Generated { passphrase, room });
                }
                effect => self.effects.push(effect),
            }
        }
        self
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers, alone: bool) -> &mut Self {
        let key = KeyEvent::new(code, modifiers);
        self.input(Input::Key { key, alone })
    }

    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.key(code, KeyModifiers::NONE, true)
    }

    fn control(&mut self, c: char) -> &mut Self {
        self.key(KeyCode::Char(c), KeyModifiers::CONTROL, true)
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
        self
    }

    fn enter(&mut self) -> &mut Self {
        self.press(KeyCode::Enter)
    }

    fn paste(&mut self, text: &str) -> &mut Self {
        self.input(Input::Paste(text.to_owned()))
    }

    /// The ticket and the passphrase, if the form has let the user go on.
    fn ticket(&self) -> Option<(&Ticket, &str)> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Join(ticket, passphrase) => Some((ticket.as_ref(), passphrase.expose())),
            _ => None,
        })
    }

    fn complaint(&self) -> (Option<Field>, &str) {
        match &self.form.complaint {
            Some((field, why)) => (Some(*field), why),
            None => (None, ""),
        }
    }

    fn picture(&self) -> String {
        let (mut buffer, caret) = draw(&self.form, self.now);
        if let Some(cell) = buffer.cell_mut(caret)
            && cell.symbol() == " "
        {
            cell.set_symbol("█");
        }
        let row = |y| {
            let mut text = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                text.push_str(symbol);
                x += symbol.cell_width().max(1);
            }
            text.trim_end().to_owned()
        };
        let rows: Vec<String> = (0..buffer.area.height).map(row).collect();
        let edge = "-".repeat(usize::from(buffer.area.width));
        format!("{edge}\n{}\n{edge}", rows.join("\n"))
    }
}

#[test]
fn the_first_that_is_empty_is_asked_first() {
    let focus = |relay, name| Script::new((80, 24), relay, name).form.focus;
    assert_eq!(focus("", "ben"), Field::Relay);
    assert_eq!(focus("ws://h", ""), Field::Name);
    assert_eq!(focus("ws://h", "ben"), Field::Passphrase);
}

#[test]
fn filled_in_from_top_to_bottom_it_joins() {
    let mut script = Script::new((80, 24), "", "");
    script
        .types("ws://h:4000/#room=a")
        .enter()
        .types("ben")
        .enter()
        .types(STRONG)
        .enter();
    let (ticket, passphrase) = script.ticket().unwrap();
    assert_eq!(ticket.to.url(), "ws://h:4000/#room=a");
    assert_eq!((ticket.name.as_str(), passphrase), ("ben", STRONG));
    assert!(!ticket.made);
    assert_eq!(script.form.stage, Stage::Deriving(script.now));
}

#[test]
fn the_whole_line_that_was_handed_over_is_a_relay() {
    for line in [
        "sotto join 'wss://h/#pin=%&room=a'",
        "  sotto join \"wss://h/#pin=%&room=a\" --name x\n",
        "sotto join wss://h/#pin=%&room=a",
    ] {
        let line = line.replace('%', &"5f".repeat(32));
        let url = format!("wss://h/#pin={}&room=a", "5f".repeat(32));
        let mut pasted = Script::new((80, 24), "", "ben");
        pasted.paste(&line);
        assert_eq!(pasted.form.relay.text(), url);
        let mut typed = Script::new((80, 24), "", "ben");
        typed.types(line.trim()).enter().types(STRONG).enter();
        let invitation: Invitation = url.parse().unwrap();
        let to = &typed.ticket().unwrap().0.to;
        assert_eq!(
            (&to.address, Some(&to.room)),
            (&invitation.address, invitation.room.as_ref())
        );
    }
}

#[test]
fn what_is_wrong_is_said_where_it_is_and_nothing_is_lost() {
    let mut script = Script::new((80, 24), "", "");
    script.types("localhost:4000").enter();
    assert_eq!(script.complaint().0, Some(Field::Relay));
    assert!(script.complaint().1.contains("ws://localhost:4000"));
    assert_eq!(script.form.relay.text(), "localhost:4000");
    script.control('u').types("ws://h").enter();
    assert_eq!(script.complaint().0, None);
    script.types(&"n".repeat(33)).enter();
    assert_eq!(
        script.complaint(),
        (Some(Field::Name), "the name is longer than 32 columns")
    );
    script.control('u').types("ben").enter().enter();
    assert_eq!(script.complaint().0, Some(Field::Passphrase));
    assert!(script.ticket().is_none());

    script.types(STRONG).enter();
    script.input(Input::Failed(Field::Relay, "nothing answers at h".to_owned()));
    assert_eq!(
        (script.form.focus, script.form.stage),
        (Field::Relay, Stage::Typing)
    );
    assert_eq!(script.form.passphrase.expose(), STRONG);
    script.enter().enter();
    assert_eq!(script.effects.len(), 2);
}

#[test]
fn a_weak_passphrase_needs_a_second_enter_and_any_key_takes_that_back() {
    let mut script = Script::known();
    script.types("hunter2").enter();
    assert!(
        script.complaint().1.starts_with("weak"),
        "{:?}",
        script.complaint()
    );
    script.types("x").enter();
    assert!(script.ticket().is_none());
    script.enter();
    assert_eq!(script.ticket().unwrap().1, "hunter2x");
}

#[test]
fn an_enter_waits_until_the_passphrase_is_rated_and_another_key_takes_it_back() {
    let mut form = Script::known().form;
    let now = Duration::from_secs(100);
    let strength = Rater::default().rate(STRONG);
    let key = |form: &mut Form, code| {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        form.update(Input::Key { key, alone: true }, now)
    };
    let joins = |effects: &[Effect]| matches!(effects, [Effect::Join(..)]);
    form.update(Input::Paste(STRONG.to_owned()), now);
    assert!(key(&mut form, KeyCode::Enter).is_empty());
    key(&mut form, KeyCode::Tab);
    key(&mut form, KeyCode::BackTab);
    assert!(form.update(Input::Rated(strength), now).is_empty());
    key(&mut form, KeyCode::Char(' '));
    assert!(key(&mut form, KeyCode::Enter).is_empty());
    assert!(joins(&form.update(Input::Rated(strength), now)));
}

#[test]
fn a_word_that_is_none_of_the_list_is_asked_about_with_what_was_meant() {
    let mut script = Script::known();
    script.types("excretion railing unjustly crunhcy");
    assert_eq!(script.complaint().0, None);
    script.types(" ");
    assert_eq!(script.complaint().1, "crunhcy: did you mean crunchy?");
    script.types("divisive strudel").enter();
    assert!(script.complaint().1.starts_with("crunhcy: did you mean crunchy?"));
    assert!(script.ticket().is_none());
}

#[test]
fn one_key_makes_a_passphrase_and_a_new_room_gets_a_name() {
    let mut script = Script::new((80, 24), "ws://h:4000", "ben");
    script.types("old").control('g');
    assert!(script.form.shown);
    assert_eq!(script.form.passphrase.expose().split(' ').count(), 6);
    assert!(script.picture().contains("6 words, about 77 bits: strong"));
    script.enter();
    let (ticket, passphrase) = script.ticket().unwrap();
    assert!(ticket.made && passphrase == script.form.passphrase.expose());
    let room = &ticket.to.room;
    assert_eq!(room.as_str().len(), 8);
    assert_eq!(
        script.form.relay.text(),
        format!("ws://h:4000/#room={}", room.as_str())
    );
}

#[test]
fn a_made_passphrase_that_is_changed_is_ones_own() {
    let mut script = Script::known();
    script.control('g').types("x").enter().enter();
    assert!(!script.ticket().unwrap().0.made);
}

#[test]
fn a_pasted_passphrase_never_goes_on_by_itself() {
    let mut script = Script::known();
    script.paste(&format!("{STRONG}\r\n"));
    assert_eq!(script.form.passphrase.expose(), STRONG);
    script.key(KeyCode::Enter, KeyModifiers::NONE, false);
    assert!(script.ticket().is_none());
    script.enter();
    assert!(script.ticket().is_some());
}

#[test]
fn the_passphrase_is_on_the_screen_only_when_asked_for() {
    let mut script = Script::known();
    script.types(STRONG);
    assert!(!script.picture().contains("crunchy"));
    script.control('t');
    assert!(script.picture().contains("crunchy"));
    script.control('t');
    assert!(!script.picture().contains("crunchy"));
    assert!(!format!("{:?}", script.form).contains("crunchy"));
}

#[test]
fn what_is_under_way_can_be_given_up() {
    let mut script = Script::known();
    script.types(STRONG).enter().types("x").press(KeyCode::Esc);
    assert!(matches!(script.effects.last(), Some(Effect::Stop)));
    assert_eq!(script.form.stage, Stage::Typing);
    assert_eq!(script.form.passphrase.expose(), STRONG);
    script.control('c');
    assert!(matches!(script.effects.last(), Some(Effect::Leave)));
}

#[test]
fn fields_are_walked_in_a_circle() {
    let mut script = Script::known();
    for expected in [Field::Relay, Field::Name, Field::Passphrase] {
        script.press(KeyCode::Tab);
        assert_eq!(script.form.focus, expected);
    }
    script.press(KeyCode::BackTab);
    assert_eq!(script.form.focus, Field::Name);
    script.press(KeyCode::Up).press(KeyCode::Up).press(KeyCode::Down);
    assert_eq!(script.form.focus, Field::Relay);
}

proptest! {
    // Each rates passphrases at every key, which is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn any_keys_at_any_size_leave_the_caret_on_the_screen(
        keys in proptest::collection::vec((0usize..14, "[a \u{301}漢👩\u{200d}🇩\u{1b}]{0,3}"), 0..30),
        width in 0u16..50,
        height in 0u16..16,
    ) {
        let mut script = Script::new((width, height), "ws://h", "");
        for (step, text) in keys {
            match step {
                0 => script.press(KeyCode::Tab),
                1 => script.press(KeyCode::Up),
                2 => script.press(KeyCode::Backspace),
                3 => script.control('w'),
                4 => script.control('t'),
                5 => script.control('g'),
                6 => script.press(KeyCode::Left),
                7 => script.input(Input::Paste(text)),
                8 => script.input(Input::Failed(Field::Relay, text)),
                9 => script.enter(),
                _ => script.types(&text),
            };
            let (buffer, caret) = draw(&script.form, script.now);
            prop_assert!(buffer.area.is_empty() || buffer.area.contains(caret));
        }
    }
}
