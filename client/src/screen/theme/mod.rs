//! What things look like: a style for each role, by default in the terminal's own colours.

pub(crate) mod depth;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ratatui::style::{Color, Modifier, Style};

use self::depth::Depth;

/// What a text is, whatever it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Nothing in particular.
    Plain,
    /// What may stay unread.
    Dim,
    /// What may not.
    Loud,
    /// What is not well, but no alarm.
    Warning,
    /// Answers and questions of the chat itself.
    Notice,
    /// Our own name.
    Me,
    /// The name of another.
    Peer(usize),
    /// A link in a text.
    Link,
    /// Code in a text.
    Code,
    /// What was searched for.
    Found,
    /// What is selected.
    Selection,
    /// The line above what is unread, and unread counts.
    Unread,
}

/// How things look. Styles hold no more than the terminal can show ([`Theme::at`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: BTreeMap<Role, Style>,
    /// The names of the others, one a person; never empty.
    accents: Vec<Style>,
}

/// The names of the themes that are always there: in the terminal's own colours, for dark backgrounds, for light ones.
pub const BUILT_IN: [&str; 3] = ["terminal", "dark", "light"];

/// The roles that have a name in the configuration file, and their styles in the built-in themes.
#[rustfmt::skip]
const ROLES: [(&str, Role, [&str; 3]); 10] = [
    ("dim", Role::Dim, ["dim", "#9aa0aa", "#5f646c"]),
    ("loud", Role::Loud, ["bold reversed red", "bold #ffffff on #b3261e", "bold #ffffff on #b3261e"]),
    ("warning", Role::Warning, ["yellow", "bold #e5c07b", "bold #855600"]),
    ("notice", Role::Notice, ["bold"; 3]),
    ("me", Role::Me, ["bold green", "bold #98c379", "bold #2e6b1f"]),
    ("link", Role::Link, ["underlined", "underlined #82aaff", "underlined #1f4fbf"]),
    ("code", Role::Code, ["magenta", "#d7ba7d", "#7a4a00"]),
    ("found", Role::Found, ["black on yellow", "#1c1c1c on #e5c07b", "#1c1c1c on #ffd866"]),
    ("selection", Role::Selection, ["reversed", "on #384050", "on #d5ddec"]),
    ("unread", Role::Unread, ["bold yellow", "bold #e5c07b", "bold #855600"]),
];

/// The colours of the others' names in the built-in themes, all in bold.
const ACCENTS: [&[&str]; 3] = [
    &[
        "cyan",
        "magenta",
        "blue",
        "lightgreen",
        "lightcyan",
        "lightmagenta",
    ],
    &["#7fc8d8", "#c8a2e8", "#8fb5ff", "#e8b08a", "#9ad0b0", "#e8a0b8"],
    &["#00667a", "#7a2ea0", "#1f4fbf", "#944600", "#1f6b4a", "#a02860"],
];

/// What a style may say.
pub(crate) const STYLE_HELP: &str = "a style is any of bold, dim, italic, underlined and reversed, a colour, and 'on' with \
     another; a colour is black, red, green, yellow, blue, magenta, cyan, gray, darkgray, lightred … lightcyan, \
     white, default, a number from 0 to 255, or #rrggbb";

static THEMES: LazyLock<[Theme; 3]> = LazyLock::new(|| {
    std::array::from_fn(|theme| Theme {
        styles: ROLES
            .iter()
            .map(|(_, role, styles)| (*role, style(styles[theme]).unwrap_or_default()))
            .collect(),
        accents: ACCENTS[theme]
            .iter()
            .map(|colour| style(colour).unwrap_or_default().add_modifier(Modifier::BOLD))
            .collect(),
    })
});

impl Role {
    /// The names of roles in the configuration file.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        ROLES.iter().map(|(name, ..)| *name)
    }

    pub(crate) fn named(wanted: &str) -> Option<Self> {
        let found = ROLES.iter().find(|(name, ..)| *name == wanted);
        found.map(|(_, role, _)| *role)
    }
}

impl Theme {
    /// A theme that is always there.
    pub fn built_in(name: &str) -> Option<&'static Self> {
        let place = BUILT_IN.iter().position(|known| *known == name)?;
        THEMES.get(place)
    }

    /// How a text looks. A person's name is the same in each row, another one for each of the first few.
    pub(crate) fn style(&self, role: Role) -> Style {
        let style = match role {
            Role::Peer(person) => self.accents.get(person % self.accents.len().max(1)),
            role => self.styles.get(&role),
        };
        style.copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, role: Role, style: Style) {
        self.styles.insert(role, style);
    }

    /// Has these styles for the names of others, if there are any.
    pub(crate) fn set_accents(&mut self, accents: Vec<Style>) {
        if !accents.is_empty() {
            self.accents = accents;
        }
    }

    /// The same theme in the colours that there are.
    #[must_use]
    pub(crate) fn at(mut self, depth: Depth) -> Self {
        for style in self.styles.values_mut().chain(&mut self.accents) {
            *style = depth.style(*style);
        }
        // These say something only by how they look: where colour was all that they had, they need another way.
        if depth == Depth::None {
            let plain = [
                (Role::Loud, Modifier::BOLD.union(Modifier::REVERSED)),
                (Role::Selection, Modifier::REVERSED),
                (Role::Found, Modifier::REVERSED),
            ];
            for (role, modifier) in plain {
                self.set(role, self.style(role).add_modifier(modifier));
            }
        }
        self
    }

    /// The same theme for what stands on a selection's ground, where what is dim could not be read.
    #[must_use]
    pub(crate) fn selected(&self) -> Self {
        let mut selected = self.clone();
        selected.styles.remove(&Role::Dim);
        selected
    }

    /// Keeps a theme for the rest of the process, so that everything may point to it.
    pub(crate) fn kept(self) -> &'static Self {
        Box::leak(Box::new(self))
    }
}

impl Default for &Theme {
    fn default() -> Self {
        &THEMES[0]
    }
}

/// Why a text is no style: the word that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoStyle(pub String);

impl fmt::Display for NoStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no style: {STYLE_HELP}", self.0)
    }
}

/// Reads a style: `bold #e5c07b on black`.
///
/// # Errors
/// [`NoStyle`].
pub(crate) fn style(text: &str) -> Result<Style, NoStyle> {
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
