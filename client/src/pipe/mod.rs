//! `sotto pipe`: a room joined to standard input and output, for scripts, bots and tests.

/// What `sotto pipe --help` says of its two forms.
pub const HELP: &str = "\
Lines in: each is a message; empty ones are skipped, one over 60,000 bytes is sent in pieces, one that is not \
UTF-8 is refused with a word on stderr. Lines out: 'NAME: text', always one line a message (line breaks are \
shown as \\n; on a terminal all control characters are shown). All else goes to stderr.

With --json, JSON Lines both ways. In: {\"type\":\"text\",\"text\":TEXT}, {\"type\":\"edit\",\"id\":HEX,\"text\":TEXT}, \
{\"type\":\"delete\",\"id\":HEX}, {\"type\":\"typing\"}, {\"type\":\"read\",\"id\":HEX}, {\"type\":\"leave\"}.";
