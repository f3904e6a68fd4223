//! Messages that fade.

use sotto_protocol::fading::Fading;

use super::*;

fn left(peer: InstanceId) -> Event {
    Event::PeerLeft {
        peer,
        how: sotto_protocol::instance::Departure::Gone,
    }
}

fn after(seconds: u32) -> FadeTime {
    FadeTime::from_secs(seconds).unwrap()
}

impl Script {
    /// Types `/fade` and lets the room do it.
    fn fades(&mut self, how: &str) -> &mut Self {
        self.types(&format!("/fade {how}")).press(KeyCode::Enter);
        let Some(Effect::Do { room, command }) = self.effects.pop() else {
            panic!("{how}: {}", self.notice());
        };
        assert!(matches!(command, Command::Fade(_)));
        self.input(Input::Room {
            room,
            update: Update::Done {
                command,
                answer: Ok(()),
            },
        })
    }

    fn wants(&mut self, peer: InstanceId, name: &str, fading: Fading) -> &mut Self {
        self.event(name, Event::Fading { peer, fading })
    }

    /// With anna, who has agreed to ten minutes.
    fn fading(width: u16, height: u16) -> Self {
        let mut script = Self::with_anna(width, height);
        script.fades("10m");
        script.wants(ANNA, "anna", Fading::After(after(600)));
        script
    }
}

#[test]
fn who_asks_sees_whom_was_asked_and_then_that_it_is_agreed() {
    let mut script = Script::with_anna(120, 24);
    script.fades("10m");
    script.shows("asked anna for messages that fade after 10 min");
    script.shows_no("fades 10 min");
    script.wants(ANNA, "anna", Fading::After(after(600)));
    script.shows("anna agrees: messages fade 10 min after they are read, from now on");
    assert!(script.rows()[0].ends_with("fades 10 min"), "{}", script.picture());
}

#[test]
fn who_is_asked_sees_how_to_agree_and_to_decline() {
    let mut script = Script::with_anna(120, 24);
    script.wants(ANNA, "anna", Fading::After(after(600)));
    script.shows("anna asks that messages fade after 10 min: /fade 10m agrees, /fade off declines");
    script.fades("10m");
    script.shows("messages fade 10 min after they are read, from now on");
    assert_eq!(script.state.rooms.current().fades(), Some(after(600)));
}

#[test]
fn either_declines_or_ends_it_and_both_are_told() {
    let mut script = Script::with_anna(120, 24);
    script.fades("10m");
    script.wants(ANNA, "anna", Fading::Stay);
    script.shows("anna declines that messages fade: they stay");
    let mut script = Script::fading(120, 24);
    script.wants(ANNA, "anna", Fading::Stay);
    script.shows("anna turned fading off: messages stay, from now on");
    script.shows_no("fades 10 min");
    let mut script = Script::fading(120, 24);
    script.fades("off");
    script.shows("messages stay, from now on");
    script.shows_no("fades 10 min");
    let mut script = Script::with_anna(120, 24);
    script.wants(ANNA, "anna", Fading::After(after(600)));
    script.fades("off");
    script.shows("declined: messages stay");
}

#[test]
fn another_time_ends_it_until_it_is_agreed_to() {
    let mut script = Script::fading(120, 24);
    script.wants(ANNA, "anna", Fading::After(after(3600)));
    script.shows("/fade 1h agrees, /fade off declines; until then they stay");
    assert_eq!(script.state.rooms.current().fades(), None);
    script.fades("1h");
    assert_eq!(script.state.rooms.current().fades(), Some(after(3600)));
}

#[test]
fn a_new_run_is_asked_again_and_one_that_comes_back_is_not() {
    let mut script = Script::fading(120, 24);
    script.event("anna", left(ANNA));
    script.shows("anna is gone without a word · nobody is here to agree: what is said now stays");
    script.joins(CARL, "anna");
    script.shows("anna joined · asked anna for messages that fade after 10 min");
    assert_eq!(script.state.rooms.current().fades(), None);
}

#[test]
fn with_several_it_says_who_has_not_agreed() {
    let mut script = Script::with_anna(160, 24);
    script.joins(CARL, "carl").fades("10m");
    script.shows("asked anna, carl for messages that fade after 10 min");
    script.wants(ANNA, "anna", Fading::After(after(600)));
    script.shows("anna agrees that messages fade; not yet: carl");
    script.types("/fade").press(KeyCode::Enter);
    script.shows("messages stay; you want them to fade after 10 min");
    script.shows("anna: agrees to 10 min");
    script.shows("carl: has not agreed");
    script.wants(CARL, "carl", Fading::After(after(600)));
    script.shows("carl agrees: messages fade 10 min after they are read, from now on");
}

#[test]
fn a_terminal_that_keeps_its_lines_declines_by_itself_and_says_why() {
    let mut script = Script::with_anna(160, 24);
    script.state.rooms.current_mut().keeps_lines = true;
    script.wants(ANNA, "anna", Fading::After(after(600)));
    assert_eq!(script.commands(), [&Command::Fade(Fading::Cannot)]);
    script.shows("but this terminal keeps what was printed: declined");
    script.types("/fade 10m").press(KeyCode::Enter);
    assert_eq!(script.commands().len(), 1);
    assert!(
        script.notice().contains("cannot fade without the screen"),
        "{}",
        script.notice()
    );
    let mut script = Script::with_anna(160, 24);
    script.fades("10m");
    script.wants(ANNA, "anna", Fading::Cannot);
    script.shows("anna has lines on a terminal, which cannot be taken back: messages stay");
}

impl Script {
    /// A message of anna's that fades after ten minutes.
    fn says_fading(&mut self, text: &str) -> &mut Self {
        self.fading_for(ANNA, "anna", text, 600)
    }

    /// One of ours that fades after ten minutes, as the room has taken it.
    fn says_self_fading(&mut self, text: &str, to: usize) -> MessageId {
        self.types(text).press(KeyCode::Enter);
        self.number += 1;
        let id = MessageId([self.number as u8; 16]);
        let fades = Some(after(600));
        let answer = Ok(Posted { id, to, fades });
        self.input(Input::Room {
            room: FIRST,
            update: Update::Said(answer),
        });
        id
    }

    fn waits(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self.input(Input::Tick)
    }

    fn next_tick(&self) -> Option<Duration> {
        let next = self.state.next_tick(self.now)?;
        Some(next - self.now)
    }
}

#[test]
fn what_was_read_goes_so_long_after_and_the_clock_wakes_once_for_it() {
    let mut script = Script::fading(80, 24);
    script
        .input(Input::Focus(true))
        .says_fading("a secret")
        .waits(100);
    script.says(ANNA, "anna", "for good");
    assert_eq!(script.next_tick(), Some(Duration::from_secs(500)));
    script.waits(499).shows("a secret");
    script.waits(1).shows_no("a secret");
    script.shows("for good");
    assert_eq!(script.next_tick(), None);
}

#[test]
fn nothing_goes_unread() {
    let mut script = Script::fading(80, 24);
    script
        .input(Input::Focus(false))
        .says_fading("while away")
        .waits(9000);
    script.shows("while away");
    script.input(Input::Focus(true)).waits(599).shows("while away");
    script.waits(1).shows_no("while away");
}

#[test]
fn what_is_below_the_screen_is_not_read() {
    let mut script = Script::fading(80, 10);
    script.input(Input::Focus(true));
    for number in 0..20 {
        script.says(ANNA, "anna", &format!("line {number}"));
    }
    script.press(KeyCode::PageUp).says_fading("below").waits(9000);
    script.press(KeyCode::End).shows("below");
    script.waits(600).shows_no("below");
}

#[test]
fn on_a_locked_screen_what_was_read_goes_and_what_was_not_stays() {
    let mut script = Script::fading(80, 24);
    let passphrase = sotto_protocol::Passphrase::new("correct horse").unwrap();
    script.state.rooms.current_mut().verifier =
        Some(crate::secret::verifier::Verifier::new(&passphrase, None));
    script
        .input(Input::Focus(true))
        .says_fading("read")
        .control('x')
        .types("l");
    assert!(script.state.locked.is_some());
    script.says_fading("unread").waits(600);
    script.types("correct horse").press(KeyCode::Enter);
    script.shows_no("anna read");
    script.shows("unread");
}

#[test]
fn one_of_ours_goes_so_long_after_everybody_has_it() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true));
    let id = script.says_self_fading("ours", 2);
    script.waits(9000).shows("ours");
    script
        .event("anna", Event::Delivered { id, to: ANNA })
        .waits(9000)
        .shows("ours");
    script
        .event("carl", Event::Delivered { id, to: CARL })
        .waits(599)
        .shows("ours");
    script.waits(1).shows_no("ours");
}

#[test]
fn all_that_shows_it_goes_with_it() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true)).says_fading("a secret");
    let target = Target {
        author: ANNA,
        id: MessageId([script.number as u8; 16]),
    };
    script.answers(ANNA, "anna", "quite so", Some(target));
    script.shows("↳ anna: a secret");
    let id = script.says_self_fading("mine as well", 1);
    script.event("anna", Event::Delivered { id, to: ANNA }).waits(600);
    script.shows("↳ an older message");
    script.types("/search secret").press(KeyCode::Enter);
    assert_eq!(script.notice(), "nothing here says secret");
    script.press(KeyCode::Esc).control('p').control('p');
    assert_eq!(script.draft(), "/fade 10m");
    let talk = crate::screen::talk::transcript::transcript(&script.state.rooms.current().list);
    assert!(
        !talk.contains("secret") && !talk.contains("mine") && talk.contains("quite so"),
        "{talk:?}"
    );
}

#[test]
fn what_comes_later_for_one_that_has_faded_means_nothing() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true)).says_fading("a secret");
    let id = MessageId([script.number as u8; 16]);
    script.waits(600);
    let before = script.picture();
    let receipt = |number| Receipt { peer: ANNA, number };
    let text = "another".to_owned();
    script.event(
        "anna",
        Event::Edited {
            receipt: receipt(8),
            id,
            text,
        },
    );
    let target = Target { author: ANNA, id };
    let reaction = "👍".to_owned();
    script.event(
        "anna",
        Event::Reacted {
            receipt: receipt(9),
            target,
            reaction,
        },
    );
    script.event(
        "anna",
        Event::Deleted {
            receipt: receipt(10),
            id,
        },
    );
    assert_eq!(script.picture(), before);
    let held = |command: &&&Command| matches!(command, Command::Hold(receipt) if receipt.number >= 8);
    assert_eq!(script.commands().iter().filter(held).count(), 3);
}

#[test]
fn an_edit_changes_nothing_of_its_time() {
    let mut script = Script::fading(80, 24);
    script
        .input(Input::Focus(true))
        .says_fading("a secret")
        .waits(300);
    let (receipt, id) = (
        Receipt {
            peer: ANNA,
            number: 8,
        },
        MessageId([script.number as u8; 16]),
    );
    let text = "another secret".to_owned();
    script
        .event("anna", Event::Edited { receipt, id, text })
        .waits(299)
        .shows("another secret");
    script.waits(1).shows_no("secret");
}

#[test]
fn changing_or_answering_it_ends_when_it_goes() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true));
    let id = script.says_self_fading("ours", 1);
    script.event("anna", Event::Delivered { id, to: ANNA });
    script.types("a draft").key(KeyCode::Char('e'), KeyModifiers::ALT);
    assert_eq!(script.draft(), "ours");
    script.waits(600);
    assert_eq!(script.draft(), "a draft");
    assert!(
        script.notice().contains("changing has faded"),
        "{}",
        script.notice()
    );
    script.control('_');
    assert!(!script.draft().contains("ours"), "{}", script.draft());
    script
        .control('u')
        .says_fading("question")
        .press(KeyCode::Esc)
        .types("r")
        .types("because");
    script.waits(600);
    assert_eq!(script.draft(), "because");
    assert!(
        script.notice().contains("answering has faded"),
        "{}",
        script.notice()
    );
    script.press(KeyCode::Enter);
    assert!(matches!(
        script.effects.last(),
        Some(Effect::Do { .. } | Effect::Say { reply_to: None, .. })
    ));
}

#[test]
fn while_browsing_the_time_that_is_left_is_told_and_the_next_one_is_selected_then() {
    let mut script = Script::fading(100, 24);
    script
        .input(Input::Focus(true))
        .says_fading("first")
        .says(ANNA, "anna", "second");
    script
        .press(KeyCode::Esc)
        .types("k")
        .shows("fades in 10 min · browse:");
    assert_eq!(script.next_tick(), Some(Duration::from_secs(60)));
    script.waits(60).shows("fades in 9 min");
    script.waits(420).shows("fades in 120 s");
    assert_eq!(script.next_tick(), Some(Duration::from_secs(1)));
    script.waits(120).shows_no("first");
    script.types("y");
    assert!(matches!(script.effects.last(), Some(Effect::Copy(text)) if text == "second"));
}

#[test]
fn a_sleep_counts_and_what_comes_in_after_it_finds_it_gone() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true)).says_fading("a secret");
    script.now += Duration::from_secs(7200);
    script.room(Update::Slept).shows_no("a secret");
}

#[test]
fn another_room_fades_as_well() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true)).says_fading("a secret");
    script.opens_another();
    assert_eq!(script.next_tick(), Some(Duration::from_secs(600)));
    script.waits(600);
    script.state.rooms.show(0);
    script.shows_no("a secret");
}

#[test]
fn a_hundred_thousand_that_fade_are_no_weight() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true));
    for number in 0..100_000_u64 {
        // Every third one stays, so that what goes stands in between.
        let fades = (number % 3 > 0).then(|| after(600));
        let event = Event::Message {
            receipt: Receipt { peer: ANNA, number },
            id: MessageId(u128::from(number).to_be_bytes()),
            text: format!("message {number}"),
            reply_to: None,
            fades,
            age: None,
            repeat: false,
        };
        script.now += Duration::from_millis(1);
        script.event("anna", event);
        script.effects.clear();
    }
    let all = script.state.rooms.current().list.entries().count();
    // One at a time, then as many at once as go while a machine sleeps.
    script.waits(500);
    for _ in 0..1000 {
        let next = script.next_tick().unwrap();
        script.now += next;
        script.input(Input::Tick);
    }
    assert_eq!(script.state.rooms.current().list.entries().count(), all - 1000);
    script.waits(600);
    let left = script.state.rooms.current().list.entries().count();
    assert!((33_000..34_000).contains(&left), "{left}");
    script.shows("message 99999");
    script.press(KeyCode::PageUp).shows("message 99900");
}

#[test]
fn who_asks_twice_takes_no_second_line_of_its_own() {
    let mut script = Script::with_anna(120, 24);
    let entries = |script: &Script| script.state.rooms.current().list.entries().count();
    for _ in 0..3 {
        script.wants(ANNA, "anna", Fading::After(after(600)));
    }
    let before = entries(&script);
    for _ in 0..100 {
        script.wants(ANNA, "anna", Fading::After(after(600)));
    }
    assert_eq!(entries(&script), before);
}

#[test]
fn one_who_comes_without_agreeing_ends_it_until_he_has_gone() {
    let mut script = Script::fading(160, 24);
    script.joins(CARL, "carl");
    script.shows("asked carl for messages that fade after 10 min; until then they stay");
    script.event("carl", left(CARL));
    script.shows("carl is gone without a word · messages fade 10 min after they are read, from now on");
    let event = Event::PeerJoined {
        peer: CARL,
        name: Name::new("carl").unwrap(),
        words: SafetyWords(["gavel"; 6]),
        back: true,
        compared: false,
    };
    script.event("carl", event);
    script.shows("what is said now stays, until carl agrees");
}

#[test]
fn a_line_that_was_fetched_from_what_was_sent_goes_from_the_input() {
    let mut script = Script::fading(80, 24);
    script.input(Input::Focus(true));
    let id = script.says_self_fading("ours", 1);
    script.event("anna", Event::Delivered { id, to: ANNA });
    script.types("a draft").control('p');
    assert_eq!(script.draft(), "ours");
    script.waits(600);
    assert_eq!(script.draft(), "a draft");
    script.control('p');
    assert_eq!(script.draft(), "/fade 10m");
}
