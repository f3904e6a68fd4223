//! Colours, themes, and what a terminal can show.

use super::*;
use crate::screen::theme::depth::Depth;

fn depth(environment: &[(&str, &str)]) -> Depth {
    Depth::of(|name| {
        let found = environment.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_environment_says_how_many_colours_there_are() {
    assert_eq!(
        depth(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]),
        Depth::True
    );
    assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Palette);
    assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
    assert_eq!(depth(&[("TERM", "vt100")]), Depth::None);
    assert_eq!(
        depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]),
        Depth::None
    );
    assert_eq!(
        depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]),
        Depth::Palette
    );
}

#[test]
fn without_colour_nothing_that_has_to_be_seen_is_lost() {
    for name in BUILT_IN {
        let theme = Theme::built_in(name).unwrap().clone().at(Depth::None);
        for style in [Role::Loud, Role::Selection, Role::Found].map(|role| theme.style(role)) {
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(style.add_modifier.contains(Modifier::REVERSED), "{name}");
        }
    }
}

#[test]
fn colours_become_the_nearest_that_there_are() {
    let orange = Color::from_u32(0xff8700);
    assert_eq!(Depth::True.colour(orange), Some(orange));
    assert_eq!(Depth::Palette.colour(orange), Some(Color::Indexed(208)));
    assert_eq!(
        Depth::Sixteen.colour(Color::from_u32(0xf00808)),
        Some(Color::LightRed)
    );
    assert_eq!(Depth::Sixteen.colour(Color::Indexed(21)), Some(Color::Blue));
    assert_eq!(Depth::Sixteen.colour(Color::Cyan), Some(Color::Cyan));
}

#[test]
fn a_style_is_read_word_by_word() {
    let read = style("bold #ff0000 on lightblue").unwrap();
    let meant = Style::new()
        .fg(Color::Rgb(255, 0, 0))
        .bg(Color::LightBlue)
        .add_modifier(Modifier::BOLD);
    assert_eq!(read, meant);
    assert_eq!(style("208").unwrap(), Style::new().fg(Color::Indexed(208)));
    assert_eq!(style(""), Ok(Style::new()));
    assert_eq!(style("bold mauve"), Err(NoStyle("mauve".to_owned())));
    assert_eq!(style("red on"), Err(NoStyle("on".to_owned())));
}

/// Every style of a theme.
fn all(theme: &Theme) -> Vec<Style> {
    theme.styles.values().chain(&theme.accents).copied().collect()
}

#[test]
fn every_style_of_a_built_in_theme_can_be_read() {
    for text in ROLES.iter().flat_map(|(.., styles)| styles) {
        assert!(style(text).is_ok_and(|style| style != Style::new()), "{text}");
    }
    for text in ACCENTS.iter().copied().flatten() {
        assert!(style(text).is_ok_and(|style| style.fg.is_some()), "{text}");
    }
}

#[test]
fn no_two_styles_of_the_default_theme_look_alike() {
    let all = all(Default::default());
    for (at, style) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == style), Some(at), "{style:?}");
    }
}

#[test]
fn people_have_different_accents_for_as_long_as_there_are_some() {
    let theme: &Theme = Default::default();
    let name = |person| theme.style(Role::Peer(person));
    assert_ne!(name(0), name(1));
    assert_eq!(name(0), name(theme.accents.len()));
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2).
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |colour| {
        let Color::Rgb(r, g, b) = colour else {
            panic!("{colour} is no colour of a built-in theme");
        };
        let [r, g, b] = [r, g, b].map(|part| match f64::from(part) / 255.0 {
            part @ ..=0.04045 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

#[test]
fn every_style_can_be_read_on_what_terminals_have_behind_it() {
    /// What is asked of text (WCAG 2.2, level AA).
    const LEAST: f64 = 4.5;
    // Black and white, and the grounds of widespread schemes (One Dark, Solarized).
    for (name, grounds) in [("dark", [0x000000, 0x282c34]), ("light", [0xffffff, 0xfdf6e3])] {
        let theme = Theme::built_in(name).unwrap();
        let selection = theme.style(Role::Selection).bg.unwrap();
        for style in all(theme) {
            let Some(text) = style.fg else { continue };
            let mut grounds: Vec<Color> = grounds.map(Color::from_u32).to_vec();
            match style.bg {
                Some(own) => grounds = vec![own],
                // In a selection it is plain.
                None if style == theme.style(Role::Dim) => {}
                None => grounds.push(selection),
            }
            for ground in grounds {
                let contrast = contrast(text, ground);
                assert!(contrast >= LEAST, "{name}: {text} on {ground}: {contrast:.1}");
            }
        }
    }
}
