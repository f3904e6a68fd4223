//! The binary.

use std::alloc::System;
use std::process::ExitCode;

use sotto::platform::zeroizing_alloc::ZeroizingAlloc;

#[global_allocator]
static ALLOCATOR: ZeroizingAlloc = ZeroizingAlloc(System);

fn main() -> ExitCode {
    sotto::command::main()
}
