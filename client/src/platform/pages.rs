//! The pages of the executable that are not needed any more.

#[cfg(any(target_os = "linux", test))]
use std::ops::Range;

/// Gives back the pages of the program text that are in this process's memory: to start, to make the key and to reach a
/// relay takes far more of it than to chat. What is needed again comes back from the system's cache, or from the file,
/// as at the start. Does nothing but on Linux.
pub(crate) fn give_back_pages() {
    #[cfg(target_os = "linux")]
    if let Ok(maps) = std::fs::read_to_string("/proc/self/maps")
        && let Some(text) = text(&maps, give_back_pages as *const () as usize)
    {
        let start = std::ptr::with_exposed_provenance_mut(text.start);
        // SAFETY: these pages are of a file, cannot be written, and never were, as program text needs no relocation:
        // what is read there is the same before and after.
        #[allow(unsafe_code)] // there is no safe function for it
        // The pages just stay where the system does not want to.
        let _ = unsafe { rustix::mm::madvise(start, text.len(), rustix::mm::Advice::LinuxDontNeed) };
    }
}

/// The addresses of the program text at `inside`: of a file, private, to be read and executed only.
#[cfg(any(target_os = "linux", test))]
fn text(maps: &str, inside: usize) -> Option<Range<usize>> {
    maps.lines().find_map(|line| {
        // Addresses, permissions, offset, device, inode, path.
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let address = |hex| usize::from_str_radix(hex, 16).ok();
        let addresses = address(start)?..address(end)?;
        let is_text = fields.next()? == "r-xp" && fields.nth(3)?.starts_with('/');
        (is_text && addresses.contains(&inside)).then_some(addresses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d000000000-55d000375000 r--p 00000000 fe:00 5417898                    /usr/bin/sotto
55d000375000-55d000bb7000 r-xp 00374000 fe:00 5417898                    /usr/bin/sotto
55d000bb7000-55d000c05000 r--p 00bb5000 fe:00 5417898                    /usr/bin/sotto
55d000c05000-55d000c0b000 rw-p 00c02000 fe:00 5417898                    /usr/bin/sotto
7f0000200000-7f0000300000 r-xp 00000000 00:00 0
";

    #[test]
    fn only_program_text_of_a_file_is_given_back() {
        let within = 0x55d0_0037_5000..0x55d0_00bb_7000;
        assert_eq!(text(MAPS, within.start), Some(within));
        assert_eq!(text(MAPS, 0x55d0_0000_0000), None);
        assert_eq!(text(MAPS, 0x7f00_0020_0000), None);
        assert_eq!(text("", 1), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_program_goes_on_when_its_text_was_given_back() {
        give_back_pages();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(text(&maps, give_back_pages as *const () as usize).is_some());
    }
}
