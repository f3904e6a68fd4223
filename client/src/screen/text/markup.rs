//! What in a text is more than text: code in backticks, and links.

use std::borrow::Cow;
use std::ops::Range;

use linkify::{LinkFinder, LinkKind};
use url::Url;

/// What opens and closes a block of code, at the beginning of a line.
const FENCE: &str = "```";
/// The schemes that are opened; others may do anything.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
/// The longest link that is one, in bytes: what browsers take.
const MAX_LINK: usize = 2048;
/// The links of a text that are found; more are a list, not a talk.
const MAX_LINKS: usize = 100;

/// The stops, commas and quotes of other scripts, which no link that is typed or copied has in it.
const STOPS: [char; 15] = [
    '。', '，', '、', '；', '：', '！', '？', '．', '｡', '､', '…', '”', '’', '»', '\u{3000}',
];
/// Brackets of other scripts.
const WIDE_BRACKETS: [(char, char); 10] = [
    ('（', '）'),
    ('「', '」'),
    ('『', '』'),
    ('【', '】'),
    ('《', '》'),
    ('〈', '〉'),
    ('〔', '〕'),
    ('［', '］'),
    ('｛', '｝'),
    ('｢', '｣'),
];

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextLine {
    /// Where it stands, without its line break.
    pub(crate) range: Range<usize>,
    /// It is part of a block of code, or its fence.
    pub(crate) code: bool,
}

/// The lines of a text, with the blocks between ``` lines told apart. A block without an end is none.
pub(crate) fn lines(text: &str) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let mut fence = None;
    let mut start = 0;
    for line in text.split('\n') {
        let range = start..start + line.len();
        start = range.end + 1;
        lines.push(TextLine { range, code: false });
        if !line.trim_start().starts_with(FENCE) {
            continue;
        }
        let at = lines.len() - 1;
        // One line may hold the whole block.
        let closed = line.trim_start()[FENCE.len()..].contains(FENCE);
        match fence.take() {
            Some(open) => {
                for line in lines.iter_mut().skip(open) {
                    line.code = true;
                }
            }
            None if closed => lines.iter_mut().skip(at).for_each(|line| line.code = true),
            None => fence = Some(at),
        }
    }
    lines
}

/// The pieces of code in backticks in a line, backticks included.
pub(crate) fn code(line: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut ticks = line.match_indices('`').map(|(at, _)| at);
    while let (Some(open), Some(close)) = (ticks.next(), ticks.next()) {
        if close > open + 1 {
            pieces.push(open..close + 1);
        }
    }
    pieces
}

/// The links in a text, each with the address that opens: plain ASCII, of a scheme that does no harm.
pub(crate) fn links(text: &str) -> Vec<(Range<usize>, String)> {
    // Most texts have none, and this is asked for each that is drawn.
    if !text.contains(':') {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    finder
        .links(&without_ipv6(text))
        .take(MAX_LINKS)
        .filter(|link| link.as_str().len() <= MAX_LINK)
        .filter_map(|link| {
            let link = link.start()..link.start() + without_what_closes(&text[link.start()..link.end()]);
            let address = address(&text[link.clone()])?;
            Some((link, address))
        })
        .collect()
}

/// The text with names of the same length in the place of hosts such as `[::1]`, which the finder does not take.
fn without_ipv6(text: &str) -> Cow<'_, str> {
    const BEGINS: &str = "://[";
    let mut named = Cow::Borrowed(text);
    for (at, _) in text.match_indices(BEGINS) {
        let host = &text[at + BEGINS.len()..];
        let length = host
            .bytes()
            .take_while(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte));
        let length = length.count();
        if length > 0 && host[length..].starts_with(']') {
            let bracketed = at + BEGINS.len() - 1..at + BEGINS.len() + length + 1;
            named.to_mut().replace_range(bracketed, &"h".repeat(length + 2));
        }
    }
    named
}

/// How much of a link is left when the punctuation of other scripts ends it, as that of ASCII does; brackets that it
/// opens itself are its own.
fn without_what_closes(link: &str) -> usize {
    let mut open = Vec::new();
    for (at, c) in link.char_indices() {
        if let Some((_, close)) = WIDE_BRACKETS.iter().find(|(begins, _)| *begins == c) {
            open.push(*close);
        } else if WIDE_BRACKETS.iter().any(|(_, close)| *close == c) {
            if open.pop() != Some(c) {
                return before_stops(&link[..at]);
            }
        } else if STOPS.contains(&c) {
            return before_stops(&link[..at]);
        }
    }
    link.len()
}

/// What stands before the stop of ASCII that is left at the end, if one is.
fn before_stops(link: &str) -> usize {
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '"'])
        .len()
}

/// A link as a program that opens it gets it.
fn address(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let address = String::from(url);
    let scheme = address.split(':').next()?;
    (SCHEMES.contains(&scheme) && address.chars().all(|c| c.is_ascii_graphic())).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_without_what_stands_around_them() {
        let text = "see https://example.org/a_(b)?c=d#e, or (http://例え.jp/ü).";
        let found: Vec<_> = links(text)
            .into_iter()
            .map(|(range, address)| (&text[range], address))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "https://example.org/a_(b)?c=d#e",
                    "https://example.org/a_(b)?c=d#e".to_owned()
                ),
                ("http://例え.jp/ü", "http://xn--r8jz45g.jp/%C3%BC".to_owned()),
            ]
        );
    }

    #[test]
    fn links_end_before_the_punctuation_of_any_script_and_keep_the_brackets_that_they_open() {
        for (text, link) in [
            ("（http://a.example/x）", "http://a.example/x"),
            ("「http://a.example/x」。", "http://a.example/x"),
            ("http://a.example/x。次", "http://a.example/x"),
            ("http://a.example/x，和", "http://a.example/x"),
            ("http://a.example/x！", "http://a.example/x"),
            ("http://a.example/x…", "http://a.example/x"),
            ("http://a.example/x.… and", "http://a.example/x"),
            ("“http://a.example/x”", "http://a.example/x"),
            ("http://a.example/東京（曖昧）", "http://a.example/東京（曖昧）"),
            (
                "http://a.example/a_(video).html",
                "http://a.example/a_(video).html",
            ),
            ("(http://a.example/a_(b))", "http://a.example/a_(b)"),
            ("see http://[::1]:8080/x.", "http://[::1]:8080/x"),
        ] {
            let found: Vec<_> = links(text).into_iter().map(|(range, _)| &text[range]).collect();
            assert_eq!(found, [link], "{text}");
        }
    }

    #[test]
    fn only_what_does_no_harm_is_a_link() {
        for text in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh://host/",
            "a:b",
            "12:05",
            "x-man-page://ls",
        ] {
            assert_eq!(links(text), [], "{text}");
        }
    }

    #[test]
    fn a_block_of_code_needs_both_fences() {
        let code = |text: &str| lines(text).iter().map(|line| line.code).collect::<Vec<_>>();
        assert_eq!(code("a\n```rust\nb\n```\nc"), [false, true, true, true, false]);
        assert_eq!(code("a\n```\nb"), [false, false, false]);
        assert_eq!(code("```x```\nb"), [true, false]);
    }

    #[test]
    fn code_in_a_line_stands_between_two_backticks() {
        let line = "run `ls -l` or `` ` x `y`";
        let pieces: Vec<_> = code(line).into_iter().map(|piece| &line[piece]).collect();
        assert_eq!(pieces, ["`ls -l`", "` x `"]);
    }
}
