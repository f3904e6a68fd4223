//! How many colours there are, and what is shown of a colour where there are fewer.

use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// None, or none are wanted.
    None,
    /// The sixteen that have names.
    Sixteen,
    /// The palette of 256.
    Palette,
    /// All.
    True,
}

impl Depth {
    /// What the environment says of the terminal: `NO_COLOR` (no-color.org), `COLORTERM`, `TERM`.
    pub(crate) fn of(environment: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| environment(name).is_some_and(|value| !value.is_empty());
        let term = environment("TERM").unwrap_or_default();
        let colours = environment("COLORTERM").unwrap_or_default();
        match term.as_str() {
            _ if is_set("NO_COLOR") => Self::None,
            "" | "dumb" => Self::None,
            _ if term.starts_with("vt1") || term.starts_with("vt2") => Self::None,
            _ if matches!(colours.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") => Self::True,
            _ if term.contains("256color") => Self::Palette,
            _ => Self::Sixteen,
        }
    }

    /// A style in the colours that there are.
    pub(super) fn style(self, style: Style) -> Style {
        Style {
            fg: style.fg.and_then(|colour| self.colour(colour)),
            bg: style.bg.and_then(|colour| self.colour(colour)),
            ..style
        }
    }

    pub(super) fn colour(self, colour: Color) -> Option<Color> {
        let palette = |index: u8| match index {
            0..16 => SIXTEEN[usize::from(index)].0,
            _ => Color::Indexed(index),
        };
        match (self, colour) {
            (Self::None, _) => None,
            (Self::True, colour) => Some(colour),
            (Self::Palette, Color::Rgb(r, g, b)) => Some(palette(nearest([r, g, b], 16..=255))),
            (Self::Sixteen, Color::Rgb(r, g, b)) => Some(palette(nearest([r, g, b], 0..=15))),
            (Self::Sixteen, Color::Indexed(index)) => Some(palette(nearest(of_palette(index), 0..=15))),
            (_, colour) => Some(colour),
        }
    }
}

/// The colours with names and what xterm shows for them.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// A colour of xterm's palette: sixteen with names, a cube of six steps, and greys.
fn of_palette(index: u8) -> [u8; 3] {
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    match index {
        0..16 => SIXTEEN[usize::from(index)].1,
        16..232 => {
            let cube = index - 16;
            [step(cube / 36), step(cube / 6 % 6), step(cube % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

fn nearest(wanted: [u8; 3], among: std::ops::RangeInclusive<u8>) -> u8 {
    let distance = |index: &u8| -> u32 {
        let colour = of_palette(*index);
        let of = |channel: usize| u32::from(wanted[channel].abs_diff(colour[channel])).pow(2);
        // Eyes are keenest for green.
        2 * of(0) + 4 * of(1) + 3 * of(2)
    };
    among.min_by_key(distance).unwrap_or_default()
}
