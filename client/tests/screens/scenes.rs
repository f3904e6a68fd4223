//! The one table of screens: what they are called, and what is done until they show it.
#![allow(clippy::unwrap_used)] // What is played is fixed; a slip in it is to be loud.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use sotto::room::{Command, RelayError, Update};
use sotto::screen::conversation::Place;
use sotto::screen::effect::RoomId;
use sotto::screen::layer::form::{Field, Input as FormInput};
use sotto::screen::state::Input;
use sotto::screen::talk::entry::{Content, Copyable};
use sotto::secret::verifier::Verifier;
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event};
use sotto_protocol::message::{MAX_TEXT, MessageId};
use sotto_protocol::{Name, Passphrase, Root};

use super::play::Scene::{self, Chat as Chatting, Connect};
use super::play::{ANNA, ANNA_ANEW, BEN, CARL, Chat, Front, Person};

pub const SCENES: &[(&str, Scene)] = &[
    ("connect-empty", Connect(|_| {})),
    ("connect-filled", Connect(connect_filled)),
    ("connect-generated", Connect(connect_generated)),
    ("connect-suggestion", Connect(connect_suggestion)),
    ("connect-weak", Connect(connect_weak)),
    ("connect-failed", Connect(connect_failed)),
    ("connect-deriving", Connect(connect_deriving)),
    ("connect-joining", Connect(connect_joining)),
    ("connecting", Chatting(connecting)),
    ("host-alone", Chatting(host_alone)),
    ("alone", Chatting(alone)),
    ("pair-anna", Chatting(pair_anna)),
    ("pair-ben", Chatting(pair_ben)),
    ("talk", Chatting(talk)),
    ("graphemes", Chatting(graphemes)),
    ("long-words", Chatting(long_words)),
    ("escapes", Chatting(escapes)),
    ("typing", Chatting(typing)),
    ("unread", Chatting(unread)),
    ("below", Chatting(below)),
    ("reconnecting", Chatting(reconnecting)),
    ("room-full", Chatting(room_full)),
    ("folded", Chatting(folded)),
    ("trouble", Chatting(trouble)),
    ("third-party", Chatting(third_party)),
    ("verify", Chatting(verify)),
    ("verified", Chatting(verified)),
    ("new-run", Chatting(new_run)),
    ("fade-asked", Chatting(fade_asked)),
    ("fading", Chatting(fading)),
    ("browse", Chatting(browse)),
    ("browse-keys", Chatting(browse_keys)),
    ("search", Chatting(search)),
    ("reaction", Chatting(reaction)),
    ("reply", Chatting(reply)),
    ("edit", Chatting(edit)),
    ("rooms", Chatting(rooms)),
    ("rooms-browsed", Chatting(rooms_browsed)),
    ("many-rooms", Chatting(many_rooms)),
    ("join-asking", Chatting(join_asking)),
    ("draft", Chatting(draft)),
    ("draft-too-long", Chatting(draft_too_long)),
    ("paste-too-long", Chatting(paste_too_long)),
    ("pasted", Chatting(pasted)),
    ("bare", Chatting(bare)),
    ("away", Chatting(away)),
    ("help", Chatting(help)),
    ("help-keys", Chatting(help_keys)),
    ("leave", Chatting(leave)),
    ("leaving", Chatting(leaving)),
    ("lock", Chatting(lock)),
];

/// A scene by its name.
pub fn scene(name: &str) -> Scene {
    let found = SCENES.iter().find(|(known, _)| *known == name);
    found.map(|(_, scene)| *scene).unwrap()
}

const RELAY: &str = "wss://relay.example/#room=kdwqzmra";
const STRONG: &str = "excretion railing unjustly crunchy divisive strudel";

/// All but the passphrase.
fn known(front: &mut Front) -> &mut Front {
    front.types(RELAY).enter()
}

fn connect_filled(front: &mut Front) {
    known(front).pastes(STRONG);
}

fn connect_generated(front: &mut Front) {
    // What Ctrl+G makes is another one each time.
    known(front)
        .key(KeyCode::Char('t'), KeyModifiers::CONTROL)
        .pastes(STRONG);
}

fn connect_suggestion(front: &mut Front) {
    known(front)
        .pastes("excretion railing unjustly crunhcy")
        .types(" ");
}

fn connect_weak(front: &mut Front) {
    known(front).types("hunter2").enter();
}

fn connect_failed(front: &mut Front) {
    connect_deriving(front);
    let why = "nothing answers at wss://relay.example, port 443: connection refused".to_owned();
    front
        .input(FormInput::Derived)
        .input(FormInput::Failed(Field::Relay, why));
}

fn connect_deriving(front: &mut Front) {
    known(front).pastes(STRONG).enter();
    front.now += Duration::from_millis(700);
}

fn connect_joining(front: &mut Front) {
    connect_deriving(front);
    front.input(FormInput::Derived);
}

fn connecting(chat: &mut Chat) {
    chat.update(Update::Connecting);
}

fn host_alone(chat: &mut Chat) {
    let lines = vec![
        Copyable::Heading("for somebody in this network:".to_owned()),
        Copyable::Verbatim("sotto join 'ws://192.0.2.7:4000/#room=kdwqzmra'".to_owned()),
        Copyable::Heading("and the passphrase, by another way:".to_owned()),
        Copyable::Verbatim(STRONG.to_owned()),
    ];
    let clock = chat.clock;
    let room = chat.state.rooms.current_mut();
    room.list.push(clock, Content::Copyable(lines));
    chat.update(Update::Joined);
}

fn alone(chat: &mut Chat) {
    chat.update(Update::Joined).waits(60);
}

/// What anna and ben say, as `me` sees it.
fn pair(chat: &mut Chat, me: Person, other: Person) {
    chat.meets(other);
    let say = |chat: &mut Chat, who: Person, text: &str| {
        if who.name == me.name {
            let target = chat.sends(text);
            chat.sent(target).read(target, other);
        } else {
            chat.says(who, text);
        }
    };
    say(chat, ANNA, "made it home, the last train was empty");
    say(chat, BEN, "good! I call you: read me the words on top");
    say(chat, ANNA, "the same on both screens 🎉");
    say(chat, BEN, "so nobody sits in between");
    chat.clock.minute += 1;
    let key = "then here is where the spare key is, for when you water the plants: under the blue pot";
    say(chat, ANNA, key);
    say(chat, BEN, "/me writes nothing down");
}

fn pair_anna(chat: &mut Chat) {
    chat.state.rooms.current_mut().me = sotto_protocol::Name::new("anna").unwrap();
    pair(chat, ANNA, BEN);
    let on = true;
    chat.event(BEN, Event::Typing { peer: BEN.id, on });
}

fn pair_ben(chat: &mut Chat) {
    pair(chat, BEN, ANNA);
    chat.types("and the cat");
}

/// Groups, days, marks, an answer, reactions, code and links.
fn talk(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "hi Ben! are you still up?");
    let question = chat.says(ANNA, "did the backup of the old machine come through?");
    let all = chat.sends("yes, all 40 GB. I checked the sums, too");
    chat.sent(all).read(all, ANNA).reacts(ANNA, all, "🎉");
    chat.clock.date = chat.clock.date.next_day().unwrap();
    (chat.clock.hour, chat.clock.minute) = (8, 31);
    chat.says(
        ANNA,
        "good morning. The notes are at https://example.org/notes?page=2, and `make check` still fails:",
    );
    let code = chat.says(
        ANNA,
        "```\nfn main() {\n    println!(\"{}\", forty_two());\n}\n```",
    );
    chat.clock.minute += 3;
    let done = chat.sends("done, see the branch");
    chat.sent(done).delivered(done, ANNA);
    chat.answers(ANNA, "the sums, too?", Some(question));
    chat.done(Command::React {
        target: code,
        reaction: "👍".to_owned(),
    });
    chat.says(ANNA, "/me makes tea");
    let sent = chat.sends("of every file");
    chat.sent(sent);
    chat.sends("wait, one more thing");
}

/// What is wider or narrower than it seems.
fn graphemes(chat: &mut Chat) {
    chat.meets(ANNA);
    for text in [
        "families 👨‍👩‍👧‍👦👩‍👩‍👦 and flags 🇪🇺🇨🇿🏳️‍🌈🏴‍☠️, skin 👋🏽👍🏿, keys 1️⃣ #️⃣, hearts ❤️ ♥",
        "漢字とかな交じり文は、どこで折り返されるのでしょうか。한국어도 있습니다",
        "العربية من اليمين إلى اليسار، and עברית גם כן, in one line",
        "नमस्ते दुनिया क्षत्रिय, สวัสดีชาวโลก น้ำ, cafe\u{301} a\u{308}\u{323} Z\u{351}\u{36b}\u{343}",
        "join\u{200d}ers, zero\u{200b}width, soft\u{ad}hyphen, half ﾊﾝｶｸ, full Ｆｕｌｌ",
    ] {
        chat.says(ANNA, text);
    }
    let mine = chat.sends("混ぜる 👩🏽‍🚀 и смешаем שלום");
    chat.sent(mine).read(mine, ANNA);
    chat.types("下書き 👩‍👩‍👧‍👦 e\u{301}");
}

fn long_words(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(
        ANNA,
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    );
    chat.says(
        ANNA,
        "https://example.org/a/very/long/path/that/no/narrow/terminal/holds/in/one/row?with=a&query=that%20goes%20on#and-a-fragment",
    );
    chat.says(ANNA, &"漢".repeat(60));
    let mine = chat.sends(&"abcdefghij".repeat(12));
    chat.sent(mine).read(mine, ANNA);
}

/// What would steer a terminal is shown.
fn escapes(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "an escape: \x1b[31mred\x1b[0m, a bell \x07, C1 \u{9b}31m");
    chat.says(ANNA, "turned \u{202e}round\u{202c}, and\ttabs\nand lines");
}

fn typing(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "are you there?");
    let (peer, on) = (ANNA.id, true);
    chat.event(ANNA, Event::Typing { peer, on });
}

fn unread(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "back in a minute");
    chat.input(Input::Focus(false));
    chat.clock.minute += 7;
    chat.says(ANNA, "here I am");
    chat.says(ANNA, "are you?");
    chat.input(Input::Focus(true));
}

/// The reader stays where he is while more comes.
fn below(chat: &mut Chat) {
    chat.meets(ANNA);
    for number in 1..=60 {
        chat.says(ANNA, &format!("line {number} of the poem"));
    }
    chat.press(KeyCode::PageUp);
    for _ in 0..3 {
        chat.says(ANNA, "did you like it?");
    }
}

fn reconnecting(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "hello");
    chat.sends("hi");
    chat.sends("can you hear me?");
    chat.update(Update::Undelivered(2)).update(Update::Reconnecting {
        why: RelayError::Silent,
        wait: Duration::from_secs(4),
    });
}

fn room_full(chat: &mut Chat) {
    chat.update(Update::Connecting).update(Update::Waiting {
        why: RelayError::RoomFull,
        wait: Duration::from_secs(30),
    });
}

/// What happens in a row is one line.
fn folded(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "the train goes into a tunnel");
    let lost = || Update::Reconnecting {
        why: RelayError::Silent,
        wait: Duration::ZERO,
    };
    for _ in 0..2 {
        chat.clock.minute += 1;
        chat.update(lost()).update(Update::Joined);
    }
    let how = Departure::Gone;
    let peer = ANNA.id;
    chat.event(ANNA, Event::PeerLeft { peer, how }).joins(ANNA);
    chat.says(ANNA, "and out of it");
}

fn trouble(chat: &mut Chat) {
    chat.meets(ANNA);
    let (peer, nobody) = (ANNA.id, Person { name: "", ..ANNA });
    chat.event(ANNA, Event::Impostor { peer })
        .event(
            ANNA,
            Event::Withheld {
                peer,
                of: Name::new("anna").unwrap(),
                count: 2,
            },
        )
        .event(nobody, Event::Disturbed { count: 1 })
        .event(nobody, Event::Newer)
        .event(nobody, Event::Strangers { count: 1 })
        .event(ANNA, Event::PeerSilent { peer })
        .update(Update::Expired);
}

fn third_party(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "nobody but us here");
    chat.joins(CARL);
    let mine = chat.sends("who is carl?");
    chat.sent(mine).read(mine, ANNA).delivered(mine, CARL);
}

fn verify(chat: &mut Chat) {
    chat.meets(ANNA).commands("/verify");
}

fn verified(chat: &mut Chat) {
    verify(chat);
    chat.done(Command::Compared(ANNA.id)).commands("/who");
}

fn new_run(chat: &mut Chat) {
    chat.meets(ANNA).done(Command::Compared(ANNA.id));
    let (peer, how) = (ANNA.id, Departure::Gone);
    chat.event(ANNA, Event::PeerLeft { peer, how }).joins(ANNA_ANEW);
}

/// Anna asks that messages fade.
fn fade_asked(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "let us keep no more than we need");
    let (peer, fading) = (ANNA.id, Fading::After(FadeTime::from_secs(600).unwrap()));
    chat.event(ANNA, Event::Fading { peer, fading });
}

/// It is agreed; the last message tells when it goes.
fn fading(chat: &mut Chat) {
    fade_asked(chat);
    let fading = Fading::After(FadeTime::from_secs(600).unwrap());
    chat.done(Command::Fade(fading));
    let mine = chat.sends("the key is under the blue pot");
    chat.sent(mine).read(mine, ANNA);
    chat.waits(90).press(KeyCode::Esc);
}

fn browse(chat: &mut Chat) {
    talk(chat);
    chat.press(KeyCode::Esc).types("kkk");
}

fn browse_keys(chat: &mut Chat) {
    talk(chat);
    chat.press(KeyCode::Esc).types("?");
}

fn search(chat: &mut Chat) {
    talk(chat);
    chat.press(KeyCode::Esc).types("/sums").press(KeyCode::Enter);
}

fn reaction(chat: &mut Chat) {
    talk(chat);
    chat.press(KeyCode::Esc).types("kkk+");
}

fn reply(chat: &mut Chat) {
    talk(chat);
    chat.press(KeyCode::Esc).types("kkkr").types("not yet");
}

fn edit(chat: &mut Chat) {
    talk(chat);
    chat.alt('e').types(", before I go");
}

/// Three rooms; something waits in two of them.
fn rooms(chat: &mut Chat) {
    talk(chat);
    chat.opens("other.example:4000", ["paper", "lemon"]).joins(CARL);
    chat.says(CARL, "the parcel is there");
    let second = chat.room;
    chat.opens("relay.example:4000", ["gravel", "hat"]);
    chat.room = RoomId::FIRST;
    for text in ["are you there?", "hello?", "good, later then"] {
        chat.says(ANNA, text);
    }
    chat.room = second;
    chat.says(CARL, "it came this morning");
}

fn rooms_browsed(chat: &mut Chat) {
    rooms(chat);
    chat.alt('2');
    chat.says(CARL, "and it is heavy. Books?");
    let mine = chat.sends("books, and a lamp: please keep it in the dry until Friday");
    chat.sent(mine).read(mine, CARL);
    chat.press(KeyCode::Esc).types("k");
}

fn many_rooms(chat: &mut Chat) {
    rooms(chat);
    for words in [
        ["amber", "river"],
        ["basil", "tower"],
        ["cedar", "wheel"],
        ["dusk", "violin"],
        ["elbow", "sunday"],
        ["fern", "rocket"],
        ["glass", "pencil"],
    ] {
        chat.opens("relay.example:4000", words);
    }
    chat.alt('4');
}

fn join_asking(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "come over to the den");
    chat.state.rooms.current_mut().place = Some(Place {
        address: "ws://relay.example:4000".parse().unwrap(),
        room: Root::from_bytes([1; 32]).room_hash(),
    });
    chat.commands("/join den").types("excretion railing");
}

/// The input grows to a part of the screen.
fn draft(chat: &mut Chat) {
    talk(chat);
    let lines: Vec<String> = (1..=20).map(|number| format!("line {number} of 漢字")).collect();
    chat.input(Input::Paste(lines.join("\n")));
}

fn draft_too_long(chat: &mut Chat) {
    talk(chat);
    let text = "0123456789 ".repeat(MAX_TEXT.div_ceil(11));
    chat.input(Input::Paste(text[..MAX_TEXT].to_owned()));
    chat.types("!!").press(KeyCode::Enter);
}

fn paste_too_long(chat: &mut Chat) {
    talk(chat);
    chat.input(Input::Paste("0123456789".repeat(MAX_TEXT / 10 + 1)));
}

fn pasted(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "can you send me the list?");
    chat.input(Input::Paste("apples\npears\nplums\n".to_owned()));
}

fn bare(chat: &mut Chat) {
    talk(chat);
    chat.alt('v');
}

fn away(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.commands("/away lunch");
    chat.posted(MessageId([99; 16]));
    chat.says(ANNA, "enjoy");
}

fn help(chat: &mut Chat) {
    chat.meets(ANNA).commands("/help");
}

fn help_keys(chat: &mut Chat) {
    chat.meets(ANNA).commands("/help keys");
}

fn leave(chat: &mut Chat) {
    reconnecting(chat);
    chat.control('c');
}

fn leaving(chat: &mut Chat) {
    typing(chat);
    chat.sends("wait for this one");
    chat.update(Update::Undelivered(1)).control('c').control('c');
}

fn lock(chat: &mut Chat) {
    chat.meets(ANNA);
    chat.says(ANNA, "a secret");
    let verifier = Verifier::new(&Passphrase::new(STRONG).unwrap(), None);
    chat.state.rooms.current_mut().verifier = Some(verifier);
    chat.control('x').types("l").types("excret");
}
