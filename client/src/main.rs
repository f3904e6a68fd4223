//! The binary.

use std::alloc::System;
use std::process::ExitCode;

use sotto::platform::zeroizing_alloc::Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(System);

fn main() -> ExitCode {
    sotto::command::main()
}
