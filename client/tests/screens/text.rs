//! A scene written down: its text in every size, and below each the styles of the built-in themes.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::{Color, Modifier};
use sotto::screen::theme::BUILT_IN;

use super::play::Scene;

/// A small terminal, the usual one, and a wide one.
const SIZES: [(u16, u16); 3] = [(20, 6), (80, 24), (200, 50)];
/// The built-in themes, whose texts are the same.
const THEMES: [&str; 3] = BUILT_IN;

/// How a cell looks in each of them.
type Looks = [String; THEMES.len()];

/// A letter for each look that there is.
#[derive(Default)]
struct Legend(Vec<Looks>);

impl Legend {
    /// The letter of a cell's look; none for a plain one.
    fn letter(&mut self, looks: Looks) -> Option<char> {
        if looks.iter().all(String::is_empty) {
            return None;
        }
        let known = self.0.iter().position(|known| *known == looks);
        let place = known.unwrap_or_else(|| {
            self.0.push(looks);
            self.0.len() - 1
        });
        Some(('a'..='z').nth(place).unwrap_or('?'))
    }
}

/// A frame with the text, then a line for each row with styles: their columns and letters, as in `3: 0-5 a`. The
/// letters stand at the end.
pub fn written(scene: Scene) -> String {
    let mut legend = Legend::default();
    let mut written = String::new();
    for size in SIZES {
        let mut screen = scene.play(size);
        let screens = THEMES.map(|theme| screen.draw(theme));
        let texts = screens.clone().map(|(buffer, caret)| framed(buffer, caret));
        assert!(
            texts.iter().all(|text| *text == texts[0]),
            "a theme changes no text"
        );
        written.push_str(&texts[0]);
        written.push_str(&styles(&screens.map(|(buffer, _)| buffer), &mut legend));
        written.push('\n');
    }
    for (place, looks) in legend.0.iter().enumerate() {
        let letter = ('a'..='z').nth(place).unwrap_or('?');
        let named = THEMES
            .iter()
            .zip(looks)
            .map(|(theme, look)| format!("{theme}: {look}"));
        let _ = writeln!(written, "{letter} = {}", named.collect::<Vec<_>>().join("; "));
    }
    written
}

/// The caret is `█` where it covers a blank.
fn framed(mut buffer: Buffer, caret: ratatui::layout::Position) -> String {
    if let Some(cell) = buffer.cell_mut(caret)
        && cell.symbol() == " "
    {
        cell.set_symbol("█");
    }
    let edge = "-".repeat(usize::from(buffer.area.width));
    let mut framed = format!("{edge}\n");
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        framed.push_str(row.trim_end());
        framed.push('\n');
    }
    framed + &edge + "\n"
}

fn styles(screens: &[Buffer; THEMES.len()], legend: &mut Legend) -> String {
    let mut styles = String::new();
    let area = screens[0].area;
    for y in 0..area.height {
        let mut runs: Vec<(u16, u16, char)> = Vec::new();
        for x in 0..area.width {
            let looks = screens.each_ref().map(|screen| look(&screen[(x, y)]));
            let Some(letter) = legend.letter(looks) else {
                continue;
            };
            match runs.last_mut() {
                Some((_, end, last)) if *end + 1 == x && *last == letter => *end = x,
                _ => runs.push((x, x, letter)),
            }
        }
        if !runs.is_empty() {
            let runs: Vec<_> = runs
                .iter()
                .map(|(from, to, letter)| format!("{from}-{to} {letter}"))
                .collect();
            let _ = writeln!(styles, "{y}: {}", runs.join(", "));
        }
    }
    styles
}

/// How a cell looks, as a theme in the configuration file would say it; empty for a plain one.
fn look(cell: &Cell) -> String {
    let mut look: Vec<String> = Vec::new();
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            look.push(word.to_owned());
        }
    }
    if cell.fg != Color::Reset {
        look.push(cell.fg.to_string().to_lowercase());
    }
    if cell.bg != Color::Reset {
        look.push(format!("on {}", cell.bg.to_string().to_lowercase()));
    }
    look.join(" ")
}
