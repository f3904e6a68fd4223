//! Gives the binary its version.

#[path = "../commit.rs"]
mod commit;

fn main() {
    commit::tell(env!("CARGO_PKG_VERSION"));
}
