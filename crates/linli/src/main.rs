//! The program `linli`; everything it does is in the library.

/// Requests are many small allocations that begin on one thread and end on another, which the system's
/// allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    linli::cli::main()
}
