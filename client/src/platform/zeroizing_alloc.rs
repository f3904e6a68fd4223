//! Memory is wiped before it is given back: wherever a library or a picture held a copy of what was said, none stays
//! behind it in this process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

/// The longest piece that is wiped here, in bytes: many times the largest screen. Only the derivation of a key takes
/// more, and it wipes that itself.
const MAX_WIPED: usize = 64 << 20;

/// An allocator that wipes what it takes back.
#[derive(Debug)]
pub struct ZeroizingAlloc<A = System>(
    /// Where the memory comes from.
    pub A,
);

#[allow(unsafe_code, reason = "there is no other way to be an allocator")]
// SAFETY: all is done by the inner allocator under the same contract. What is wiped is still the caller's, who gives
// it up by this call, and as long as its layout says. To grow or shrink goes by the trait's own way, through new
// memory and `dealloc`, so that no old copy is left.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ZeroizingAlloc<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if layout.size() <= MAX_WIPED {
            unsafe { memory.write_bytes(0, layout.size()) };
            // The compiler must not take it for useless: nobody reads it any more.
            black_box(memory);
        }
        unsafe { self.0.dealloc(memory, layout) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts the bytes that come back as they were.
    #[derive(Default)]
    struct Watching(AtomicUsize);

    #[allow(unsafe_code, reason = "there is no other way to be an allocator")]
    unsafe impl GlobalAlloc for Watching {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            let left = bytes.iter().filter(|byte| **byte != 0).count();
            self.0.fetch_add(left, Ordering::Relaxed);
            unsafe { System.dealloc(memory, layout) }
        }
    }

    #[test]
    #[allow(unsafe_code, reason = "there is no other way to call an allocator")]
    fn nothing_is_left_in_what_is_given_back_or_grows() {
        let wiping = ZeroizingAlloc(Watching::default());
        let (short, long) = (Layout::new::<[u8; 24]>(), 100);
        unsafe {
            let memory = wiping.alloc(short);
            memory.write_bytes(b'x', short.size());
            let grown = wiping.realloc(memory, short, long);
            assert_eq!(*grown.add(23), b'x');
            grown.write_bytes(b'y', long);
            wiping.dealloc(grown, Layout::from_size_align(long, short.align()).unwrap());
        }
        assert_eq!(wiping.0.0.load(Ordering::Relaxed), 0);
    }
}
