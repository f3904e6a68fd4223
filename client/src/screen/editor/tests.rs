//! The draft as keys change it.

use proptest::prelude::*;

use super::*;

fn editor(text: &str) -> Editor {
    let mut editor = Editor::default();
    editor.insert(text);
    editor
}

/// The text with a bar at the caret.
fn shown(editor: &Editor) -> String {
    let (before, after) = editor.text.split_at(editor.caret);
    format!("{before}|{after}")
}

#[test]
fn a_grapheme_is_one_step_and_one_deletion() {
    let mut editor = editor("a👩‍👩‍👧‍👦e\u{301}");
    editor.left();
    assert_eq!(shown(&editor), "a👩‍👩‍👧‍👦|e\u{301}");
    editor.backspace();
    assert_eq!(shown(&editor), "a|e\u{301}");
    editor.delete();
    assert_eq!(shown(&editor), "a|");
    editor.delete();
    editor.backspace();
    editor.backspace();
    assert_eq!(shown(&editor), "|");
}

#[test]
fn what_is_killed_can_be_yanked() {
    let mut editor = editor("one two\nthree four");
    editor.kill_word();
    assert_eq!(shown(&editor), "one two\nthree |");
    editor.kill_to_start();
    assert_eq!(shown(&editor), "one two\n|");
    editor.yank();
    assert_eq!(shown(&editor), "one two\nthree four|");
    editor.kill_all();
    assert_eq!(shown(&editor), "|");
    editor.yank();
    assert_eq!(shown(&editor), "one two\nthree four|");
    editor.home();
    editor.left();
    editor.kill_to_end();
    assert_eq!(shown(&editor), "one two|three four");
}

#[test]
fn words_are_passed_in_one_step() {
    let mut editor = editor("one, two  drei");
    editor.word_left();
    assert_eq!(shown(&editor), "one, two  |drei");
    editor.word_left();
    editor.word_left();
    assert_eq!(shown(&editor), "|one, two  drei");
    editor.word_right();
    assert_eq!(shown(&editor), "one|, two  drei");
    editor.kill_next_word();
    assert_eq!(shown(&editor), "one|  drei");
}

#[test]
fn the_caret_has_a_place_in_every_row() {
    let editor = editor("abcd efgh");
    let layout = editor.layout(6);
    assert_eq!(editor.rows(6, 0..9), ["abcd ", "efgh"]);
    assert_eq!((layout.row, layout.column), (1, 4));
}

#[test]
fn up_and_down_keep_the_column() {
    let mut editor = editor("abcdef\nx\nabcdef");
    editor.left();
    assert!(editor.vertical(false, 20));
    assert_eq!(shown(&editor), "abcdef\nx|\nabcdef");
    assert!(editor.vertical(false, 20));
    assert!(!editor.vertical(false, 20));
    assert_eq!(shown(&editor), "a|bcdef\nx\nabcdef");
    assert!(editor.vertical(true, 20) && editor.vertical(true, 20) && !editor.vertical(true, 20));
}

#[test]
fn control_characters_are_taken_as_their_pictures() {
    assert_eq!(editor("a\x1b[2J\r\nb\tc").text(), "a␛[2J\nb\tc");
}

#[test]
fn a_yank_can_be_changed_for_an_earlier_kill() {
    let mut editor = editor("one");
    editor.kill_all();
    editor.insert("two");
    editor.kill_all();
    editor.insert("x ");
    editor.yank_earlier();
    assert_eq!(shown(&editor), "x |");
    editor.yank();
    assert_eq!(shown(&editor), "x two|");
    editor.yank_earlier();
    assert_eq!(shown(&editor), "x one|");
    editor.yank_earlier();
    assert_eq!(shown(&editor), "x two|");
}

#[test]
fn changes_are_taken_back_one_after_the_other() {
    let mut editor = Editor::default();
    for c in "one two".chars() {
        editor.insert(c.encode_utf8(&mut [0; 4]));
    }
    editor.home();
    editor.insert("zero ");
    editor.end();
    editor.kill_word();
    assert_eq!(shown(&editor), "zero one |");
    editor.undo();
    assert_eq!(shown(&editor), "zero one two|");
    editor.undo();
    assert_eq!(shown(&editor), "|one two");
    editor.undo();
    assert_eq!(shown(&editor), "one |");
    editor.undo();
    assert_eq!(shown(&editor), "|");
    assert!(!editor.undo());
}

#[test]
fn graphemes_change_places() {
    let mut editor = editor("ae\u{301}");
    editor.transpose();
    assert_eq!(shown(&editor), "e\u{301}a|");
    editor.left();
    editor.transpose();
    assert_eq!(shown(&editor), "ae\u{301}|");
    editor.insert("\n");
    editor.transpose();
    assert_eq!(shown(&editor), "ae\u{301}\n|");
}

#[test]
fn a_backslash_at_the_end_makes_a_new_line_and_two_are_one() {
    let mut editor = editor("one\\");
    assert_eq!(editor.enter(), Enter::GoesOn);
    assert_eq!(shown(&editor), "one\n|");
    editor.insert("C:\\\\");
    assert_eq!(editor.enter(), Enter::Complete);
    assert_eq!(editor.text(), "one\nC:\\");
    editor.insert("x");
    assert_eq!(editor.enter(), Enter::Complete);
}

proptest! {
    #[test]
    fn taking_everything_back_leaves_nothing(
        steps in proptest::collection::vec((0usize..9, "[a \n漢\u{301}]{1,3}"), 0..40),
    ) {
        let mut editor = Editor::default();
        for (step, text) in steps {
            match step {
                0 => editor.left(),
                1 => editor.backspace(),
                2 => editor.kill_to_start(),
                3 => editor.yank(),
                4 => editor.yank_earlier(),
                5 => editor.transpose(),
                6 => drop(editor.enter()),
                _ => editor.insert(&text),
            }
        }
        while editor.undo() {}
        prop_assert_eq!(editor.text(), "");
    }

    #[test]
    fn the_caret_is_never_inside_a_grapheme(
        steps in proptest::collection::vec((0usize..18, "[a \n漢👩\u{200d}\u{301}🇩]{0,3}"), 0..40),
        width in 0usize..12,
    ) {
        let mut editor = Editor::default();
        for (step, text) in steps {
            match step {
                0 => editor.left(),
                1 => editor.right(),
                2 => editor.backspace(),
                3 => editor.delete(),
                4 => editor.word_left(),
                5 => editor.word_right(),
                6 => editor.home(),
                7 => editor.kill_to_end(),
                8 => editor.kill_word(),
                9 => editor.yank(),
                10 => drop(editor.vertical(false, width)),
                11 => drop(editor.vertical(true, width)),
                12 => editor.transpose(),
                13 => editor.yank_earlier(),
                14 => drop(editor.undo()),
                _ => editor.insert(&text),
            }
            let caret = editor.caret;
            let mut boundaries = editor.text.grapheme_indices(true).map(|(at, _)| at);
            prop_assert!(caret == editor.text.len() || boundaries.any(|at| at == caret), "{}", shown(&editor));
            let layout = editor.layout(width);
            prop_assert!(layout.row < layout.rows);
            prop_assert!(layout.column <= width.saturating_sub(1).max(4), "column {} of {width}", layout.column);
        }
    }
}
