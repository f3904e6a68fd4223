//! Links that the terminal itself opens (OSC 8).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{DisableLineWrap, EnableLineWrap};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use super::ambiguous_width;
use crate::screen::view::Link;

/// Writes cells of rows of some width, with those that are part of a link between its marks.
pub(super) fn write<'a>(
    bytes: &mut Vec<u8>,
    cells: impl Iterator<Item = (u16, u16, &'a Cell)>,
    links: &[Link],
    width: u16,
) -> io::Result<()> {
    let cells: Vec<_> = cells.map(|cell| (cell, of(links, cell.0, cell.1))).collect();
    let goes_on = |(cell, one): &(_, Option<&Link>), (_, other): &(_, Option<&Link>)| {
        one == other && !ambiguous_width::is_doubtful(cell)
    };
    for run in cells.chunk_by(goes_on) {
        let address = run
            .first()
            .and_then(|(_, link)| *link)
            .map(|link| link.address.as_str());
        if let Some(address) = address {
            write!(bytes, "\x1b]8;id={:x};{address}\x1b\\", id(address))?;
        }
        let wide = run.last().is_some_and(|(last, _)| ambiguous_width::is_wide(last));
        if wide {
            queue!(bytes, DisableLineWrap)?;
        }
        CrosstermBackend::new(&mut *bytes).draw(run.iter().map(|(cell, _)| *cell))?;
        if wide {
            queue!(bytes, EnableLineWrap)?;
        }
        if address.is_some() {
            write!(bytes, "\x1b]8;;\x1b\\")?;
        }
        if let Some((last, _)) = run.last() {
            ambiguous_width::settle(bytes, *last, width)?;
        }
    }
    Ok(())
}

/// What tells the terminal that pieces in several rows are one link: it shows them as one under the mouse.
fn id(address: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}

/// Makes cells differ whose link is not what it was: a cell that looks the same has to be written again then.
pub(super) fn unsettle(shown: &mut Buffer, before: &[Link], now: &[Link]) {
    let gone = before.iter().filter(|link| !now.contains(link));
    let new = now.iter().filter(|link| !before.contains(link));
    for link in gone.chain(new) {
        for column in link.columns.clone() {
            if let Some(cell) = shown.cell_mut((column, link.row)) {
                cell.set_symbol("\u{fffd}").set_fg(Color::Indexed(199));
            }
        }
    }
}

fn of(links: &[Link], x: u16, y: u16) -> Option<&Link> {
    links
        .iter()
        .find(|link| link.row == y && link.columns.contains(&x))
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn picture(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, ratatui::style::Style::new());
        buffer
    }

    fn link(address: &str) -> Link {
        Link {
            row: 0,
            columns: 2..5,
            address: address.to_owned(),
        }
    }

    fn written(before: &Buffer, after: &Buffer, links: &[Link]) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, before.diff_iter(after), links, after.area.width).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_link_stands_between_its_marks() {
        let text = written(&picture(""), &picture("a bcd e"), &[link("https://b.example/")]);
        let (_, inside) = text.split_once(";https://b.example/\x1b\\").unwrap();
        let (inside, after) = inside.split_once("\x1b]8;;\x1b\\").unwrap();
        assert!(inside.contains("bcd"), "{inside:?}");
        assert!(after.contains('e') && !after.contains("]8;"), "{after:?}");
    }

    #[test]
    fn the_pieces_of_a_link_in_two_rows_have_one_id_and_another_link_has_another() {
        let mut after = Buffer::empty(Rect::new(0, 0, 20, 3));
        let piece = |row, address: &str| Link {
            row,
            columns: 0..20,
            address: address.to_owned(),
        };
        let mut links = Vec::new();
        for (row, address) in [
            (0, "https://a.example/"),
            (1, "https://a.example/"),
            (2, "https://b.example/"),
        ] {
            after.set_string(0, row, "x".repeat(20), ratatui::style::Style::new());
            links.push(piece(row, address));
        }
        let text = written(&Buffer::empty(after.area), &after, &links);
        let opened: Vec<_> = text.split("\x1b]8;id=").skip(1).collect();
        let opened: Vec<_> = opened
            .iter()
            .filter_map(|mark| mark.split_once('\x1b'))
            .map(|mark| mark.0)
            .collect();
        assert_eq!(opened.len(), 3, "{text:?}");
        assert_eq!(opened[0], opened[1]);
        assert_ne!(opened[0].split(';').next(), opened[2].split(';').next());
    }

    #[test]
    fn another_link_under_the_same_cells_is_written() {
        let picture = picture("a bcd e");
        let mut shown = picture.clone();
        unsettle(
            &mut shown,
            &[link("https://a.example/")],
            &[link("https://b.example/")],
        );
        let text = written(&shown, &picture, &[link("https://b.example/")]);
        assert!(
            text.contains("https://b.example/") && text.contains("bcd"),
            "{text:?}"
        );
        let mut same = picture.clone();
        unsettle(
            &mut same,
            &[link("https://a.example/")],
            &[link("https://a.example/")],
        );
        assert_eq!(same, picture);
    }
}
