//! What differs from system to system, and stands nowhere else. Where a system has nothing of a kind, the portable
//! form does the next best thing, or nothing and says so.

mod pages;
#[cfg(any(test, not(unix)))]
#[cfg_attr(
    unix,
    expect(
        dead_code,
        reason = "compiled here so that it stays whole, used where there is no Unix"
    )
)]
mod portable;
#[cfg(unix)]
mod unix;

pub use self::pages::give_back_pages;
#[cfg(not(unix))]
pub use self::portable::*;
#[cfg(unix)]
pub use self::unix::*;
