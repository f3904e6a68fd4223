//! Screens as an SVG picture.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// The size of a cell, of the font and of what is around a terminal, in pixels.
const CELL: (f32, f32) = (8.0, 17.0);
const FONT: f32 = 13.3;
const MARGIN: f32 = 12.0;
const GAP: f32 = 18.0;
/// How far below a row's upper edge the foot of its text is, in rows.
const FOOT: f32 = 0.75;

/// The colours of a terminal: of its text and of what is behind it.
#[derive(Clone, Copy)]
pub struct Paper {
    ink: &'static str,
    paper: &'static str,
}

pub const DARK: Paper = Paper {
    ink: "#d8dee9",
    paper: "#1b1f27",
};
pub const LIGHT: Paper = Paper {
    ink: "#24292f",
    paper: "#fdfdfb",
};

/// Screens of one size, side by side.
pub fn svg(screens: &[(Buffer, Position)], paper: Paper) -> String {
    let area = screens.first().map(|(buffer, _)| buffer.area).unwrap_or_default();
    let wide = f32::from(area.width) * CELL.0 + 2.0 * MARGIN;
    let high = f32::from(area.height) * CELL.1 + 2.0 * MARGIN;
    let count = screens.len() as f32;
    let width = count * wide + (count - 1.0) * GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {high}\" width=\"{width}\" height=\"{high}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{FONT}\">\n"
    );
    for (number, (buffer, caret)) in screens.iter().enumerate() {
        let left = number as f32 * (wide + GAP);
        let Paper { ink, paper } = paper;
        let _ = writeln!(svg, "<g transform=\"translate({left} 0)\">");
        let _ = writeln!(
            svg,
            "<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{paper}\" stroke=\"{ink}\" stroke-opacity=\"0.2\"/>"
        );
        block(&mut svg, caret.x, caret.y, 1, ink);
        for y in 0..buffer.area.height {
            row(&mut svg, buffer, y, Paper { ink, paper });
        }
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

/// Cells of one style in a row become one text, pinned to their columns.
fn row(svg: &mut String, buffer: &Buffer, y: u16, plain: Paper) {
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let (begin, mut text) = (x, String::new());
        while x < buffer.area.width
            && let next = &buffer[(x, y)]
            && (next.fg, next.bg, next.modifier) == (cell.fg, cell.bg, cell.modifier)
        {
            text.push_str(next.symbol());
            x += next.symbol().cell_width().max(1);
        }
        write_run(svg, cell, &text, (begin, y), x - begin, plain);
    }
}

fn write_run(
    svg: &mut String,
    cell: &Cell,
    text: &str,
    at: (u16, u16),
    columns: u16,
    Paper { ink, paper }: Paper,
) {
    let mut colours = (colour(cell.fg, ink), colour(cell.bg, paper));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut colours.0, &mut colours.1);
    }
    if colours.1 != paper {
        block(svg, at.0, at.1, columns, &colours.1);
    }
    if text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    for (modifier, words) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if cell.modifier.contains(modifier) {
            style.push_str(words);
        }
    }
    let (x, y) = place(at.0, at.1);
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{}\" textLength=\"{}\" xml:space=\"preserve\" fill=\"{}\"{style}>{}</text>",
        y + FOOT * CELL.1,
        f32::from(columns) * CELL.0,
        colours.0,
        text.replace('&', "&amp;").replace('<', "&lt;")
    );
}

/// A ground behind some columns.
fn block(svg: &mut String, x: u16, y: u16, columns: u16, fill: &str) {
    let (x, y) = place(x, y);
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>",
        f32::from(columns) * CELL.0,
        CELL.1
    );
}

/// The upper left corner of a cell.
fn place(x: u16, y: u16) -> (f32, f32) {
    (MARGIN + f32::from(x) * CELL.0, MARGIN + f32::from(y) * CELL.1)
}

/// The built-in themes that are drawn have colours of their own, or the terminal's.
fn colour(colour: Color, plain: &str) -> String {
    match colour {
        Color::Rgb(..) => colour.to_string().to_lowercase(),
        _ => plain.to_owned(),
    }
}
