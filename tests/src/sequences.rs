//! What a program wrote to its terminal, taken apart: what steers the terminal, and what is shown.

use std::collections::BTreeSet;

use vte::{Params, Parser, Perform};

/// The parts, each once.
#[derive(Debug, Default)]
pub struct Sequences {
    /// `CSI`: parameters and the letter at the end. Colours and places of the cursor are left out.
    pub csi: BTreeSet<String>,
    /// `OSC`: what stands between its beginning and its end.
    pub osc: BTreeSet<String>,
    /// Control characters that stand alone, of both sets.
    pub controls: BTreeSet<u8>,
    /// All other sequences: `DCS`, and `ESC` with a letter.
    pub others: BTreeSet<String>,
    /// All that is shown, in the order in which it was written.
    pub text: String,
}

impl Sequences {
    /// Takes it apart.
    pub fn of(written: &[u8]) -> Self {
        let mut sequences = Self::default();
        Parser::new().advance(&mut sequences, written);
        sequences
    }
}

impl Perform for Sequences {
    fn print(&mut self, c: char) {
        self.text.push(c);
    }

    fn execute(&mut self, byte: u8) {
        self.controls.insert(byte);
    }

    fn hook(&mut self, _: &Params, intermediates: &[u8], _: bool, action: char) {
        let intermediates = String::from_utf8_lossy(intermediates);
        self.others.insert(format!("DCS {intermediates}{action}"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let params: Vec<_> = params.iter().map(|part| String::from_utf8_lossy(part)).collect();
        self.osc.insert(params.join(";"));
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        if matches!((intermediates, action), ([], 'm' | 'H')) {
            return;
        }
        let params: Vec<_> = params.iter().flatten().map(u16::to_string).collect();
        let intermediates = String::from_utf8_lossy(intermediates);
        self.csi
            .insert(format!("{intermediates}{}{action}", params.join(";")));
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        // The end of a sequence of the kinds above.
        if byte != b'\\' {
            self.others.insert(format!("ESC {}", char::from(byte)));
        }
    }
}
