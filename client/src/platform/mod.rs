//! What differs from system to system, and stands nowhere else: Linux, macOS and other kinds of Unix.

pub(crate) mod interrupts;
mod pages;
pub(crate) mod private;
pub(crate) mod readable;
mod unix;
pub mod zeroizing_alloc;

pub(crate) use self::pages::give_back_pages;
pub(crate) use self::unix::*;
