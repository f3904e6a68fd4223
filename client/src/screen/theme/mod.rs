//! What things look like: named styles, by default in the terminal's own colours. Each thing is drawn in the style of its
//! role, and a theme holds no more colours than there are: so no colour gets past `NO_COLOR`.

pub mod depth;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ratatui::style::{Color, Modifier, Style};

use crate::screen::theme::depth::Depth;

/// How things look. Styles hold no more than the terminal can show ([`Theme::at`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// What may stay unread.
    pub dim: Style,
    /// What may not.
    pub loud: Style,
    /// What is not well, but no alarm.
    pub warning: Style,
    /// Answers and questions of the chat itself.
    pub notice: Style,
    /// Our own name.
    pub me: Style,
    /// A link in a text.
    pub link: Style,
    /// Code in a text.
    pub code: Style,
    /// What was searched for.
    pub found: Style,
    /// What is selected.
    pub selection: Style,
    /// The line above what is unread, and unread counts.
    pub unread: Style,
    /// The names of the others, one a person; never empty.
    pub accents: Vec<Style>,
}

/// The names of the styles, as the configuration file has them; `accents` is a list.
pub const STYLES: [&str; 11] = [
    "dim",
    "loud",
    "warning",
    "notice",
    "me",
    "link",
    "code",
    "found",
    "selection",
    "unread",
    "accents",
];

/// The names of the themes that are always there.
pub const BUILT_IN: [&str; 3] = ["terminal", "dark", "light"];

/// What a style may say.
pub const STYLE_HELP: &str = "a style is any of bold, dim, italic, underlined and reversed, a colour, and 'on' with \
     another; a colour is black, red, green, yellow, blue, magenta, cyan, gray, darkgray, lightred … lightcyan, \
     white, default, a number from 0 to 255, or #rrggbb";

/// The terminal's own colours.
static TERMINAL: LazyLock<Theme> = LazyLock::new(|| {
    let bold = |colour| Style::new().fg(colour).add_modifier(Modifier::BOLD);
    Theme {
        dim: Style::new().add_modifier(Modifier::DIM),
        loud: bold(Color::Red).add_modifier(Modifier::REVERSED),
        warning: Style::new().fg(Color::Yellow),
        notice: Style::new().add_modifier(Modifier::BOLD),
        me: bold(Color::Green),
        link: Style::new().add_modifier(Modifier::UNDERLINED),
        code: Style::new().fg(Color::Magenta),
        found: Style::new().fg(Color::Black).bg(Color::Yellow),
        selection: Style::new().add_modifier(Modifier::REVERSED),
        unread: bold(Color::Yellow),
        accents: [
            Color::Cyan,
            Color::Magenta,
            Color::Blue,
            Color::LightGreen,
            Color::LightCyan,
            Color::LightMagenta,
        ]
        .map(bold)
        .to_vec(),
    }
});

/// For dark backgrounds.
static DARK: LazyLock<Theme> = LazyLock::new(|| Theme {
    dim: rgb(0x9aa0aa),
    loud: rgb(0xffffff)
        .bg(Color::from_u32(0xb3261e))
        .add_modifier(Modifier::BOLD),
    warning: rgb(0xe5c07b).add_modifier(Modifier::BOLD),
    notice: Style::new().add_modifier(Modifier::BOLD),
    me: rgb(0x98c379).add_modifier(Modifier::BOLD),
    link: rgb(0x82aaff).add_modifier(Modifier::UNDERLINED),
    code: rgb(0xd7ba7d),
    found: rgb(0x1c1c1c).bg(Color::from_u32(0xe5c07b)),
    selection: Style::new().bg(Color::from_u32(0x384050)),
    unread: rgb(0xe5c07b).add_modifier(Modifier::BOLD),
    accents: [0x7fc8d8, 0xc8a2e8, 0x8fb5ff, 0xe8b08a, 0x9ad0b0, 0xe8a0b8]
        .map(|colour| rgb(colour).add_modifier(Modifier::BOLD))
        .to_vec(),
});

/// For light backgrounds.
static LIGHT: LazyLock<Theme> = LazyLock::new(|| Theme {
    dim: rgb(0x5f646c),
    loud: rgb(0xffffff)
        .bg(Color::from_u32(0xb3261e))
        .add_modifier(Modifier::BOLD),
    warning: rgb(0x855600).add_modifier(Modifier::BOLD),
    notice: Style::new().add_modifier(Modifier::BOLD),
    me: rgb(0x2e6b1f).add_modifier(Modifier::BOLD),
    link: rgb(0x1f4fbf).add_modifier(Modifier::UNDERLINED),
    code: rgb(0x7a4a00),
    found: rgb(0x1c1c1c).bg(Color::from_u32(0xffd866)),
    selection: Style::new().bg(Color::from_u32(0xd5ddec)),
    unread: rgb(0x855600).add_modifier(Modifier::BOLD),
    accents: [0x00667a, 0x7a2ea0, 0x1f4fbf, 0x944600, 0x1f6b4a, 0xa02860]
        .map(|colour| rgb(colour).add_modifier(Modifier::BOLD))
        .to_vec(),
});

fn rgb(colour: u32) -> Style {
    Style::new().fg(Color::from_u32(colour))
}

impl Theme {
    /// A theme that is always there.
    pub fn built_in(name: &str) -> Option<&'static Self> {
        match name {
            "terminal" => Some(&TERMINAL),
            "dark" => Some(&DARK),
            "light" => Some(&LIGHT),
            _ => None,
        }
    }

    /// The name of a person: the same in each row, another one for each of the first few.
    pub fn accent(&self, person: usize) -> Style {
        let count = self.accents.len().max(1);
        self.accents.get(person % count).copied().unwrap_or_default()
    }

    /// A style by its name in [`STYLES`]; `accents` is no single one.
    pub fn style_mut(&mut self, name: &str) -> Option<&mut Style> {
        Some(match name {
            "dim" => &mut self.dim,
            "loud" => &mut self.loud,
            "warning" => &mut self.warning,
            "notice" => &mut self.notice,
            "me" => &mut self.me,
            "link" => &mut self.link,
            "code" => &mut self.code,
            "found" => &mut self.found,
            "selection" => &mut self.selection,
            "unread" => &mut self.unread,
            _ => return None,
        })
    }

    /// The same theme in the colours that there are.
    #[must_use]
    pub fn at(mut self, depth: Depth) -> Self {
        for name in STYLES {
            if let Some(style) = self.style_mut(name) {
                *style = depth.style(*style);
            }
        }
        for accent in &mut self.accents {
            *accent = depth.style(*accent);
        }
        // These say something only by how they look: where colour was all that they had, they need another way.
        if depth == Depth::None {
            let plain = [
                (&mut self.loud, Modifier::BOLD.union(Modifier::REVERSED)),
                (&mut self.selection, Modifier::REVERSED),
                (&mut self.found, Modifier::REVERSED),
            ];
            for (style, modifier) in plain {
                *style = style.add_modifier(modifier);
            }
        }
        self
    }

    /// Keeps a theme for the rest of the process, so that everything may point to it.
    pub fn kept(self) -> &'static Self {
        Box::leak(Box::new(self))
    }
}

impl Default for &'static Theme {
    fn default() -> Self {
        &TERMINAL
    }
}

/// Why a text is no style: the word that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoStyle(pub String);

impl fmt::Display for NoStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no style: {STYLE_HELP}", self.0)
    }
}

/// Reads a style: `bold #e5c07b on black`.
///
/// # Errors
/// [`NoStyle`].
pub fn style(text: &str) -> Result<Style, NoStyle> {
    let mut style = Style::new();
    let mut background = false;
    for word in text.split_whitespace() {
        let modifier = match word {
            "on" if !background => {
                background = true;
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            colour => {
                let colour = match colour {
                    "default" => Color::Reset,
                    colour => {
                        Color::from_str(colour).map_err(|_| NoStyle(crate::visible::shortened(word, 40)))?
                    }
                };
                style = if std::mem::take(&mut background) {
                    style.bg(colour)
                } else {
                    style.fg(colour)
                };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    if background {
        return Err(NoStyle("on".to_owned()));
    }
    Ok(style)
}

#[cfg(test)]
mod tests;
