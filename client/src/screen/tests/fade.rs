//! Messages that fade.

use sotto_protocol::fading::{FadeTime, Fading};

use super::*;

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
        self.input(Input::Done {
            room,
            command,
            answer: Ok(()),
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

    #[track_caller]
    fn shows(&self, what: &str) {
        assert!(
            self.squeezed().replace('\n', " ").contains(what),
            "{what}:\n{}",
            self.picture()
        );
    }

    #[track_caller]
    fn shows_no(&self, what: &str) {
        assert!(
            !self.squeezed().replace('\n', " ").contains(what),
            "{what}:\n{}",
            self.picture()
        );
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
    script.shows(
        "anna asks that messages fade, 10 min after they are read: /fade 10m agrees, /fade off declines.",
    );
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
    script.shows("/fade 1h agrees, /fade off declines. Until then they stay.");
    assert_eq!(script.state.rooms.current().fades(), None);
    script.fades("1h");
    assert_eq!(script.state.rooms.current().fades(), Some(after(3600)));
}

#[test]
fn a_new_run_is_asked_again_and_one_that_comes_back_is_not() {
    let mut script = Script::fading(120, 24);
    let left = |peer| Event::PeerLeft {
        peer,
        how: sotto_protocol::instance::Departure::Gone,
    };
    script.event("anna", left(ANNA));
    assert_eq!(script.state.rooms.current().fades(), None);
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
