//! How things look: the themes of the user's own, and the one that was chosen.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Item, Value};

use super::{Reader, SHOWN, names};
use crate::screen::theme::depth::Depth;
use crate::screen::theme::{self, BUILT_IN, Role, Theme};
use crate::visible::shortened;

/// What says how things look, before it is known which themes there are.
pub(super) struct Look {
    pub(super) theme: String,
    pub(super) at: Option<Range<usize>>,
    pub(super) depth: Depth,
    pub(super) own: BTreeMap<String, Theme>,
}

impl Reader<'_> {
    pub(super) fn themes(&mut self, item: &Item, look: &mut Look) {
        let themes = item.as_table_like();
        let Some(themes) = self.wanted("themes", item, themes, "tables of its own: [themes.NAME]") else {
            return;
        };
        for (name, item) in themes.iter() {
            let table = item.as_table_like();
            let Some(table) = self.wanted(name, item, table, "a table: [themes.NAME]") else {
                continue;
            };
            let mut theme = match table.get("base") {
                Some(base) => {
                    let bases = BUILT_IN.map(|name| (name, Theme::built_in(name)));
                    self.choice("base", base, &bases).flatten()
                }
                None => None,
            }
            .unwrap_or_default()
            .clone();
            for (key, item) in table.iter() {
                match (key, Role::named(key)) {
                    ("base", _) => {}
                    ("accents", _) => {
                        let list = item.as_array().filter(|list| !list.is_empty());
                        let wanted = "a list of styles: [\"cyan\", \"bold magenta\"]";
                        let list = self.wanted(key, item, list, wanted).into_iter().flatten();
                        theme.set_accents(list.filter_map(|value| self.style_of(key, value)).collect());
                    }
                    (_, Some(role)) => {
                        let value = self.wanted(key, item, item.as_value(), "a text");
                        if let Some(style) = value.and_then(|value| self.style_of(key, value)) {
                            theme.set(role, style);
                        }
                    }
                    (_, None) => {
                        let known = ["base"].into_iter().chain(Role::names()).chain(["accents"]);
                        self.unknown(table, key, "style", &names(known));
                    }
                }
            }
            look.own.insert(name.to_owned(), theme);
        }
    }

    fn style_of(&mut self, key: &str, value: &Value) -> Option<ratatui::style::Style> {
        let Some(text) = value.as_str() else {
            self.complain(
                value.span(),
                format!("{key} has to be a text in quotes: {}", theme::STYLE_HELP),
            );
            return None;
        };
        theme::style(text)
            .map_err(|error| self.complain(value.span(), error.to_string()))
            .ok()
    }

    /// The theme that was chosen, in the colours that there are.
    pub(super) fn theme(&mut self, mut look: Look) -> &'static Theme {
        let own = look.own.remove(&look.theme);
        let theme = own.or_else(|| Theme::built_in(&look.theme).cloned());
        let theme = theme.unwrap_or_else(|| {
            let all = names(BUILT_IN.into_iter().chain(look.own.keys().map(String::as_str)));
            let theme = shortened(&look.theme, SHOWN);
            self.complain(look.at, format!("there is no theme {theme:?}; there are {all}"));
            <&Theme>::default().clone()
        });
        theme.at(look.depth).kept()
    }
}
