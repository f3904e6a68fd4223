//! What differs from system to system, and stands nowhere else: Linux, macOS and other kinds of Unix.

pub mod interrupts;
mod pages;
mod unix;
pub mod zeroizing_alloc;

pub use self::pages::give_back_pages;
pub use self::unix::*;
