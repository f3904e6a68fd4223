//! What is code in a file.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::File;

/// The lines on which something stands that is no comment.
pub(super) fn of_code(file: &File) -> usize {
    let mut lines = BTreeSet::new();
    collect(file.to_token_stream(), &mut lines);
    lines.len()
}

fn collect(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#') {
            let inner =
                tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'));
            if tokens.next_if(is_doc).is_some() {
                continue;
            }
            lines.extend(inner.map(|inner| inner.span().start().line));
        }
        if let TokenTree::Group(group) = &token {
            if group.delimiter() != Delimiter::None {
                lines.extend([group.span_open().start().line, group.span_close().end().line]);
            }
            collect(group.stream(), lines);
        } else {
            // A string may have several.
            lines.extend(token.span().start().line..=token.span().end().line);
        }
    }
}

/// Whether it is `[doc …]`: as such the compiler sees a comment on an item.
fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket && matches!(first, Some(TokenTree::Ident(name)) if name == "doc")
}
