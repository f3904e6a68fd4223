//! The chat in a terminal, as a person sees it; and what takes its time in any client, so that all of it is waited for at
//! once, beside a chat that sleeps for 90 seconds.

mod asleep;
mod clocks;
mod entering;
mod fading;
mod leaving;
mod links;
mod members;
mod plain;
mod reading;
mod returning;
mod rooms;
mod steering;
mod strangers;
mod terminals;
mod writing;

use sotto_tests::{Pipe, Scene, Terminal};

const CTRL_C: &str = "\x03";
const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const PAGE_UP: &str = "\x1b[5~";
const CTRL_END: &str = "\x1b[1;5F";
/// What a terminal sends when its window comes to the front: what is shown from then on is being read.
const FOCUS: &str = "\x1b[I";

/// Two chats that see each other.
fn pair(scene: &Scene) -> (Terminal, Terminal) {
    let (anna, ben) = (scene.chat("anna"), scene.chat("ben"));
    anna.wait_for("ben");
    ben.wait_for("anna");
    (anna, ben)
}

/// A chat and a client without a screen that see each other.
fn with_bot(scene: &Scene) -> (Terminal, Pipe) {
    let anna = scene.chat("anna");
    let bot = await_bot(scene, &anna);
    (anna, bot)
}

/// A client without a screen that sees a chat, and is seen there.
fn await_bot(scene: &Scene, chat: &Terminal) -> Pipe {
    let mut bot = scene.pipe("bot", &["--json"]);
    bot.event("peer_joined");
    chat.wait_for("bot joined");
    bot
}
