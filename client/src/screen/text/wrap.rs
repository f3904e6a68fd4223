//! Breaking text into rows, by grapheme and display width.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::visible::columns;

/// Where rows may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// After words; spaces hang beyond the edge, so that no row begins with one: for reading.
    Words,
    /// After words; spaces take columns like any other character: for a caret among them.
    Caret,
    /// Only where the row is full: for what is to be copied.
    Full,
}

/// The byte ranges of the rows of a text: at most `first` columns in the first row, `rest` in the others.
///
/// Ends rows after spaces and around wide characters where it may, else between graphemes; never inside one. A
/// grapheme wider than a row has a row of its own. A `\n` belongs to no row. There is always at least one row.
pub(crate) fn wrap(text: &str, first: usize, rest: usize, breaks: Breaks) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut next = Some(0);
    while let Some(start) = next {
        let limit = if rows.is_empty() { first } else { rest };
        let (row, following) = row_from(text, start, limit, breaks);
        rows.push(row);
        next = following;
    }
    rows
}

/// The row that begins at a place, at most so many columns wide, and where the next one begins, if there is one.
/// It depends on nothing before that place.
pub(crate) fn row_from(
    text: &str,
    start: usize,
    limit: usize,
    breaks: Breaks,
) -> (Range<usize>, Option<usize>) {
    let end = start + row_length(&text[start..], limit.max(1), breaks);
    let next = match text[end..].chars().next() {
        Some('\n') => Some(end + 1),
        Some(_) => Some(end),
        None => None,
    };
    (start..end, next)
}

/// How many bytes of the rest of a text go into a row. Not zero unless nothing is left of the line.
fn row_length(rest: &str, limit: usize, breaks: Breaks) -> usize {
    let mut used = 0;
    // The last place where the row may end.
    let mut opportunity = None;
    let (mut after_space, mut after_wide) = (false, false);
    for (at, grapheme) in rest.grapheme_indices(true) {
        if grapheme == "\n" {
            return at;
        }
        let width = columns(grapheme);
        let space = grapheme == " ";
        let wide = width > 1 && grapheme != "\t";
        if breaks != Breaks::Full && at > 0 && !space && (after_space || wide || after_wide) {
            opportunity = Some(at);
        }
        if used > 0 && used + width > limit && !(space && breaks == Breaks::Words) {
            return opportunity.unwrap_or(at);
        }
        used += width;
        (after_space, after_wide) = (space, wide);
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, width: usize) -> Vec<&str> {
        wrap(text, width, width, Breaks::Words)
            .into_iter()
            .map(|row| &text[row])
            .collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(rows("to be or not to be", 6), ["to be ", "or not ", "to be"]);
        assert_eq!(rows("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(rows("a incomprehensible", 6), ["a ", "incomp", "rehens", "ible"]);
        assert_eq!(rows("", 6), [""]);
        assert_eq!(rows("a\n\nb", 6), ["a", "", "b"]);
    }

    #[test]
    fn wide_characters_break_anywhere_and_never_in_half() {
        assert_eq!(rows("漢字漢字", 5), ["漢字", "漢字"]);
        assert_eq!(rows("ab漢字", 3), ["ab", "漢", "字"]);
        assert_eq!(rows("漢字", 1), ["漢", "字"]);
        assert_eq!(rows("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3), ["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]);
    }

    #[test]
    fn the_first_row_may_be_shorter() {
        let text = "to be or not";
        let rows = wrap(text, 3, 8, Breaks::Words);
        assert_eq!(
            rows.iter().map(|row| &text[row.clone()]).collect::<Vec<_>>(),
            ["to ", "be or ", "not"]
        );
    }

    #[test]
    fn spaces_under_a_caret_take_columns() {
        let text = "ab    c";
        let rows = wrap(text, 3, 3, Breaks::Caret);
        assert_eq!(
            rows.iter().map(|row| &text[row.clone()]).collect::<Vec<_>>(),
            ["ab ", "   ", "c"]
        );
    }

    proptest! {
        #[test]
        fn rows_cover_the_text_and_no_grapheme_is_split(
            text in "(\\PC|[ \n漢👩\u{200d}\u{301}🇩]){0,80}", first in 0usize..20, rest in 0usize..20, hang: bool,
        ) {
            let breaks = if hang { Breaks::Words } else { Breaks::Caret };
            let rows = wrap(&text, first, rest, breaks);
            let mut at = 0;
            for (number, row) in rows.iter().enumerate() {
                if number > 0 && row.start == at + 1 {
                    prop_assert_eq!(&text[at..row.start], "\n");
                } else {
                    prop_assert_eq!(row.start, at);
                }
                at = row.end;
                // The row's own graphemes are the text's.
                let whole: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).collect();
                prop_assert!(row.start == text.len() || whole.contains(&row.start));
                let limit = if number == 0 { first } else { rest }.max(1);
                let drawn = if hang { text[row.clone()].trim_end_matches(' ') } else { &text[row.clone()] };
                let width: usize = drawn.graphemes(true).map(columns).sum();
                prop_assert!(width <= limit || drawn.graphemes(true).filter(|g| columns(g) > 0).count() == 1);
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
