//! The pages of the executable that are not needed any more.

#[cfg(any(target_os = "linux", test))]
use std::ops::Range;

/// Gives back the pages of the executable that are in this process's memory: to start, to make the key and to reach a
/// relay takes far more of it than to chat. What is needed again comes back from the system's cache, or from the file,
/// as at the start. Does nothing but on Linux.
pub fn give_back_pages() {
    #[cfg(target_os = "linux")]
    if let Ok(mappings) = std::fs::read_to_string("/proc/self/smaps") {
        for pages in unchanged(&mappings, give_back_pages as *const () as usize) {
            let start = std::ptr::with_exposed_provenance_mut(pages.start);
            // SAFETY: these pages are of a file, cannot be written, and never were: what is read there is the same
            // before and after.
            #[allow(unsafe_code)] // there is no safe function for it
            // The pages just stay where the system does not want to.
            let _ = unsafe { rustix::mm::madvise(start, pages.len(), rustix::mm::Advice::LinuxDontNeed) };
        }
    }
}

/// The addresses of the file of which there is something at `inside`, where they can only be read and have never been
/// written: the linker has written some of them before it made them read-only.
#[cfg(any(target_os = "linux", test))]
fn unchanged(smaps: &str, inside: usize) -> Vec<Range<usize>> {
    let mappings: Vec<Mapping> = Mapping::all(smaps);
    let file = mappings
        .iter()
        .find(|mapping| mapping.addresses.contains(&inside))
        .map(|mapping| mapping.file)
        .filter(|file| file.starts_with('/'));
    mappings
        .iter()
        .filter(|mapping| mapping.unchanged && Some(mapping.file) == file)
        .map(|mapping| mapping.addresses.clone())
        .collect()
}

/// What `/proc/self/smaps` says of a part of the memory.
#[cfg(any(target_os = "linux", test))]
struct Mapping<'a> {
    addresses: Range<usize>,
    /// The path; empty for none.
    file: &'a str,
    /// It cannot be written, and is as it is in the file.
    unchanged: bool,
}

#[cfg(any(target_os = "linux", test))]
impl<'a> Mapping<'a> {
    fn all(smaps: &'a str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for line in smaps.lines() {
            if let Some(mapping) = Self::head(line) {
                all.push(mapping);
            } else if let Some(own) = line.strip_prefix("Anonymous:")
                && let Some(mapping) = all.last_mut()
            {
                mapping.unchanged = mapping.unchanged && own.trim() == "0 kB";
            }
        }
        all
    }

    /// The line that a mapping begins with: addresses, permissions, offset, device, inode, path.
    fn head(line: &'a str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let address = |hex| usize::from_str_radix(hex, 16).ok();
        let permissions = fields.next()?;
        Some(Self {
            addresses: address(start)?..address(end)?,
            file: fields.nth(3)?.trim_start(),
            unchanged: permissions.ends_with("p") && !permissions.contains('w'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
55d000000000-55d000375000 r--p 00000000 fe:00 5417898                    /usr/bin/sotto
Size:               3540 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
55d000375000-55d000bb7000 r-xp 00374000 fe:00 5417898                    /usr/bin/sotto
Anonymous:             0 kB
55d000bb7000-55d000c05000 r--p 00bb5000 fe:00 5417898                    /usr/bin/sotto
Anonymous:           312 kB
55d000c05000-55d000c0b000 rw-p 00c02000 fe:00 5417898                    /usr/bin/sotto
Anonymous:             0 kB
55d001000000-55d001100000 rw-p 00000000 00:00 0                          [heap]
Anonymous:           344 kB
7f0000000000-7f0000100000 r-xp 00000000 fe:00 77                         /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000200000-7f0000300000 r--p 00000000 00:00 0 
Anonymous:             0 kB
";

    #[test]
    fn only_what_cannot_be_and_was_never_written_of_the_executable_goes() {
        let text = 0x55d0_0037_5000;
        assert_eq!(
            unchanged(SMAPS, text + 1),
            [0x55d0_0000_0000..text, text..0x55d0_00bb_7000]
        );
        assert!(unchanged(SMAPS, 0x7f00_0020_0000).is_empty());
        assert!(unchanged(SMAPS, 1).is_empty() && unchanged("", 1).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_given_back_is_there_all_the_same() {
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        assert!(!unchanged(&smaps, give_back_pages as *const () as usize).is_empty());
        let words = || sotto_protocol::words::all().collect::<String>();
        let before = words();
        give_back_pages();
        assert_eq!(words(), before);
    }
}
